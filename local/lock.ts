import fs from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { markOf, runs, type ProcessMark } from "./processes.ts";

export class AlreadyRunning extends Error {
  readonly url: string | undefined;
  readonly pid: number;
  constructor(holder: Holder) {
    super(
      holder.url
        ? `Frontrow already runs in this folder, at ${holder.url} (process ${holder.pid}). Stop it there with Ctrl-C.`
        : `Frontrow is just being started in this folder by another command (process ${holder.pid}).`,
    );
    this.url = holder.url;
    this.pid = holder.pid;
  }
}

type Holder = ProcessMark & { url?: string; stopping?: boolean };
export type Lock = { running(url: string): void; stopping(): void; release(): void };

/** One edition a folder. Throws AlreadyRunning with its address; one that is just stopping is waited for.
 * With `stopping` the others wait for this holder from the beginning. */
export async function takeLock(dir: string, { stopping = false } = {}): Promise<Lock> {
  const file = path.join(dir, "launcher.json");
  const mine: Holder = { ...markOf(process.pid), stopping };
  const deadline = Date.now() + 20_000;
  for (;;) {
    // A link appears with its content, so nobody reads half of it, and it fails where one is.
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, JSON.stringify(mine));
    try {
      fs.linkSync(draft, file);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      fs.rmSync(draft, { force: true });
    }
    const holder = readHolder(file);
    if (holder && runs(holder)) {
      if (!holder.stopping || Date.now() > deadline) throw new AlreadyRunning(holder);
      await wait(100);
    } else {
      removeStale(file);
    }
  }
  const write = () => {
    fs.writeFileSync(`${file}.new`, JSON.stringify(mine));
    fs.renameSync(`${file}.new`, file);
  };
  return {
    running(url) {
      mine.url = url;
      write();
    },
    stopping() {
      mine.stopping = true;
      write();
    },
    release() {
      if (readHolder(file)?.pid === process.pid) fs.rmSync(file, { force: true });
    },
  };
}

/** Who runs in this folder, undefined for nobody. */
export function holderOf(dir: string): { pid: number; url?: string } | undefined {
  const holder = readHolder(path.join(dir, "launcher.json"));
  return holder && runs(holder) ? holder : undefined;
}

/** Between reading and removing, another command may have put its own there: that one is put back. */
function removeStale(file: string) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    fs.renameSync(file, aside);
    const holder = readHolder(aside);
    if (holder && runs(holder)) fs.linkSync(aside, file);
  } catch {
    // Somebody else removed it first.
  } finally {
    fs.rmSync(aside, { force: true });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}
