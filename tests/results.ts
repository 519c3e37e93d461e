import { execFileSync } from "node:child_process";
import os from "node:os";

/*
 * The files `results.md`: what was measured or tried last, each with its own date. A run, of one or of all, replaces what it
 * has run and leaves the rest as it is; what has a name that is gone is dropped.
 */

type Merge = {
  /** What the file begins with. */
  head: string[];
  /** All that there are, in the order of the file. */
  names: string[];
  /** What was run now, by its name. */
  done: Record<string, string>;
};

/** A file of sections, each under `## name`. */
export function mergeSections(before: string, { head, names, done }: Merge): string {
  const [, ...kept] = before.split(/^(?=## )/m);
  const sections = Object.fromEntries(kept.map((text) => [/^## (.*)/.exec(text)![1]!.trim(), text.trim()]));
  const now = { ...sections, ...done };
  return [head.join("\n"), ...inOrder(now, names)].map((text) => `${text.trim()}\n`).join("\n");
}

/** A file with one table, each row of which begins with a name; `head` ends with the table's. */
export function mergeRows(before: string, { head, names, done }: Merge): string {
  const kept = [...before.matchAll(/^\| (\w+) \|.*$/gm)].map(([row, name]) => [name!, row]);
  const now = { ...(Object.fromEntries(kept) as Record<string, string>), ...done };
  return [...head, ...inOrder(now, names), ""].join("\n");
}

const inOrder = (texts: Record<string, string>, names: string[]) =>
  names.flatMap((name) => (texts[name] === undefined ? [] : [texts[name]]));

export function describeMachine(): string {
  const cpu = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return `${cpu.length} cores (${cpu[0]?.model ?? "unknown"}), ${memory} GiB, ${os.type()} ${os.release()}, Node ${process.version}.`;
}

/** Today and the commit: "2026-11-29, 5c2a4b5"; with a word where the files are not those of the commit. */
export function describeRun(): string {
  const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--untracked-files=no", ":!*results.md") !== "";
  const commit = git("rev-parse", "--short", "HEAD");
  return `${new Date().toISOString().slice(0, 10)}, ${commit}${changed ? " with changes" : ""}`;
}
