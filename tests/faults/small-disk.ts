import { execFile } from "node:child_process";
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * A small disk of its own at a folder, which can be filled to its last byte and emptied of that again. Only root may
 * make one; `close` takes it away, with all that is on it.
 */
export async function mountSmallDisk(folder: string, megabytes: number) {
  await mkdir(folder, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=700`, "tmpfs", folder]);
  const ballast = path.join(folder, "ballast");
  return {
    folder,
    /** Leaves no room for a single byte. Gives how many bytes that took. */
    async fill(): Promise<number> {
      const file = await open(ballast, "a");
      let bytes = 0;
      try {
        for (let size = 1024 * 1024; size >= 1024;) {
          try {
            await file.write(Buffer.alloc(size));
            bytes += size;
          } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
            size /= 4;
          }
        }
      } finally {
        await file.close();
      }
      return bytes;
    },
    empty: () => rm(ballast, { force: true }),
    async close(): Promise<void> {
      await run("umount", ["--lazy", folder]);
    },
    /** The same, but what is on it is in the folder afterwards, as it was (storage keeps what it knows beside the bytes). */
    async closeAndKeep(): Promise<void> {
      const aside = await mkdtemp(path.join(tmpdir(), "frontrow-kept-"));
      try {
        await run("cp", ["--archive", `${folder}/.`, aside]);
        await this.close();
        await run("cp", ["--archive", `${aside}/.`, folder]);
      } finally {
        await rm(aside, { recursive: true });
      }
    },
  };
}
