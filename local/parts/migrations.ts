import { childEnvironment, type EditionEnv } from "../environment.ts";
import { runOnce, type Place } from "../part.ts";
import { root } from "../root.ts";

/** Brings the database to the newest migration. Resolves with what was done, in words. */
export async function runMigrations(env: EditionEnv, place: Place): Promise<string> {
  const command = { file: process.execPath, args: ["db/migrate.ts"], env: childEnvironment(env), cwd: root };
  const words = (await runOnce("migrations", command, place)).trim().split("\n").at(-1) ?? "";
  return words.startsWith("Applied ") ? `${words.split(",").length} applied` : "up to date";
}
