import { childEnvironment, type EditionEnv } from "../environment.ts";
import { startPart, type Part, type Place } from "../part.ts";
import { root } from "../root.ts";

/**
 * What keeps a worker small while it makes large files, as `npm run worker` has it: V8 would keep up to 110 MiB for what is
 * young, and glibc as much again of what was given back to it. V8 also lets bytes outside of its heap, of which nobody knows any
 * more, lie the longer the larger its heap may become, by default a part of the machine's memory.
 */
export const thrift = {
  flags: ["--max-semi-space-size=16", "--max-old-space-size=512"],
  env: { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "262144" },
};

/** A worker. It has no port: a line that says "ready" tells that it takes jobs. */
export function workerPart(
  { name = "worker", env }: { name?: string; env: EditionEnv },
  place: Place,
): Promise<Part> {
  return startPart(
    {
      name,
      command: {
        file: process.execPath,
        args: [...thrift.flags, "worker/main.ts"],
        env: childEnvironment(env, thrift.env),
        cwd: root,
      },
      isReady: async (printed) => /\bis ready\b/i.test(printed()),
      // On a machine that does other things as well.
      readyWithin: 60_000,
      stopWithin: 15_000,
    },
    place,
  );
}
