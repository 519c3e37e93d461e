import { statusOf } from "../ask.ts";
import { childEnvironment, type EditionEnv } from "../environment.ts";
import { startPart, type Part, type Place } from "../part.ts";
import { root } from "../root.ts";

/** A web process. Any number can run at once, each on a port of its own. */
export function webPart(
  { name = "web", port, env }: { name?: string; port: number; env: EditionEnv },
  place: Place,
): Promise<Part> {
  return startPart(
    {
      name,
      where: `http://127.0.0.1:${port}`,
      command: {
        file: process.execPath,
        args: ["app/server/main.ts"],
        env: childEnvironment(env, { PORT: String(port), HOST: "127.0.0.1" }),
        cwd: root,
      },
      isReady: async () => (await statusOf(`http://127.0.0.1:${port}/readyz`)) === 200,
      // On a machine that does other things as well.
      readyWithin: 60_000,
      stopWithin: 12_000,
    },
    place,
  );
}
