import { parseArgs } from "node:util";
import { configOrExit } from "#app/config.ts";
import { auditRecordings } from "#app/domain/recordings/audit/audit.ts";
import { closeServices, openServices } from "#app/open-services.ts";

const flag = { type: "boolean", default: false } as const;
const help = `npm run audit [-- --repair] [--hashes]

Lists on what the database and the bucket do not agree: segments that are known and not there, or not what was
verified; exports that are ready and not there, or not what was written; objects and uploads that nobody knows or
needs. It reads the two side by side and can run at any time. What is younger than an hour is let alone.

  --hashes   read every byte and compare its SHA-256, not only sizes and the store's own tags: takes as long as
             reading the whole bucket does
  --repair   put right what is safe. Exports are made again from the segments; what exports have left, and what is
             left of recordings that were removed, is removed. A segment that was left out of its recording while storage
             did not give it is verified again where it does, unless the recording was cut, or has chapters or captions.
             No segment in storage is ever touched, and nothing that the database does not know: it may be all there
             is of a recording whose row was lost.

Ends with 0 when they agree, or everything was repaired; with 1 when something is left; with 2 when it could not be done.`;

const { values, problem } = readArguments();
if (problem || values.help) {
  (problem ? console.error : console.log)(problem ? `${problem}\n\n${help}` : help);
  process.exit(problem ? 2 : 0);
}
// Two processes of a deployment must be able to run beside it: it asks for little at a time.
const services = await openServices(configOrExit(), "web").catch((error: Error) => fail(error));
const counts = { objects: 0, bytes: 0, segments: 0, exports: 0 };
let findings = 0;
let repaired = 0;
try {
  for await (const finding of auditRecordings(services, { hashes: values.hashes }, counts)) {
    findings++;
    const { kind, key, words, repair } = finding;
    const isWanted = values.repair && repair !== undefined;
    if (isWanted) await repair(services);
    if (isWanted) repaired++;
    const end = isWanted ? ": repaired" : repair && !values.repair ? " (--repair can put it right)" : "";
    console.log(`${kind.padEnd(16)} ${key}  ${words}${end}`);
  }
} catch (error) {
  await fail(error as Error);
}
const { objects, bytes, segments, exports } = counts;
console.log(
  `audit objects=${objects} bytes=${bytes} segments=${segments} exports=${exports} findings=${findings} repaired=${repaired}`,
);
await closeServices(services);
process.exit(findings > repaired ? 1 : 0);

function readArguments() {
  try {
    const options = { repair: flag, hashes: flag, help: { ...flag, short: "h" } } as const;
    return { values: parseArgs({ options }).values, problem: undefined };
  } catch (error) {
    return { values: { repair: false, hashes: false, help: false }, problem: (error as Error).message };
  }
}

function fail(error: Error): never {
  console.error(`The audit could not be done: ${error.message}`);
  process.exit(2);
}
