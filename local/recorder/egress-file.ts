import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { EgressInfo } from "./egress-info.ts";

/** The real one forgets finished ones after a day; a local edition sees fewer. */
const MOST_KEPT = 500;

/** Keeps what is known of egresses in a file, if there is one. It holds no credentials: answers have none. */
export function createEgressFile(path: string | undefined) {
  return {
    read(): EgressInfo[] {
      if (!path) return [];
      try {
        return JSON.parse(readFileSync(path, "utf8")) as EgressInfo[];
      } catch {
        // No file yet, or one that a crash of the machine spoilt: as after a Redis that was emptied.
        return [];
      }
    },
    write(egresses: EgressInfo[]) {
      if (!path) return;
      writeFileSync(`${path}.new`, JSON.stringify(egresses.slice(-MOST_KEPT)), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}
