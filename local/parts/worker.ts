import { childEnvironment, type EditionEnv } from "../environment.ts";
import { startPart, type Part, type Place } from "../part.ts";
import { root } from "../root.ts";

/** A worker. It has no port: a line that says "ready" tells that it takes jobs. */
export function workerPart(
  { name = "worker", env }: { name?: string; env: EditionEnv },
  place: Place,
): Promise<Part> {
  return startPart(
    {
      name,
      command: { file: process.execPath, args: ["worker/main.ts"], env: childEnvironment(env), cwd: root },
      isReady: async (printed) => /\bis ready\b/i.test(printed()),
      // On a machine that does other things as well.
      readyWithin: 60_000,
      stopWithin: 15_000,
    },
    place,
  );
}
