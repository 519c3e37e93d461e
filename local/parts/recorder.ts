import path from "node:path";
import { statusOf } from "../ask.ts";
import { childEnvironment, type EditionEnv } from "../environment.ts";
import { startPart, type Part, type Place } from "../part.ts";
import { root } from "../root.ts";
import type { Ports } from "../ports.ts";

/** The stand-in for LiveKit Egress: it answers as the real one does, and really records. */
export function recorderPart(
  {
    ports,
    env,
    webhooks,
    more = {},
  }: { ports: Ports; env: EditionEnv; webhooks: boolean; more?: Record<string, string> },
  place: Place,
): Promise<Part> {
  return startPart(
    {
      name: "recorder",
      where: `http://127.0.0.1:${ports.recorder}`,
      command: {
        file: process.execPath,
        args: ["local/recorder/main.ts"],
        env: childEnvironment(env, {
          PORT: String(ports.recorder),
          WEBHOOK_URL: webhooks ? `http://127.0.0.1:${ports.web}/webhooks/livekit` : "",
          // Stands for the Redis of the real one, which remembers what a killed recorder was doing.
          RECORDER_STATE_FILE: path.join(place.dir, "egresses.json"),
          ...more,
        }),
        cwd: root,
      },
      isReady: async () => (await statusOf(`http://127.0.0.1:${ports.recorder}/healthz`)) === 200,
      stopWithin: 8_000,
    },
    place,
  );
}
