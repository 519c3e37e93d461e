import fs from "node:fs";
import path from "node:path";
import { childEnvironment, type EditionEnv } from "../environment.ts";
import { runOnce, type Place } from "../part.ts";
import { root } from "../root.ts";

/**
 * Demo data, once a set of data: what somebody took away stays away. Whether the edition's own database has had its
 * demo data is remembered beside it; of another database only the seed itself can tell, which adds nothing twice.
 */
export async function runSeed(
  env: EditionEnv,
  { ownDatabase }: { ownDatabase: boolean },
  place: Place,
): Promise<boolean> {
  const done = path.join(place.dir, "seeded");
  if (ownDatabase && fs.existsSync(done)) return false;
  await runOnce(
    "seed",
    { file: process.execPath, args: ["db/seed.ts"], env: childEnvironment(env), cwd: root },
    place,
  );
  if (ownDatabase) fs.writeFileSync(done, `${new Date().toISOString()}\n`);
  return true;
}
