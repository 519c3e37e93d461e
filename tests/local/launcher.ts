// Starts the servers around the product, without the product, in the folder that is given: a launcher to be killed.
import { startEdition } from "#local/edition.ts";

const edition = await startEdition({
  dir: process.argv[2] ?? "",
  ports: "remembered",
  guarded: process.argv[3] !== "unguarded",
  without: ["recorder", "web", "worker", "build", "seed"],
  onLine: (line) => console.log(line),
}).catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
console.log(
  `up ${JSON.stringify(Object.fromEntries(edition.parts().map((name) => [name, edition.part(name).pid])))}`,
);
process.once("SIGTERM", () => void edition.stop().then(() => process.exit(0)));
