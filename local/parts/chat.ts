import { statusOf } from "../ask.ts";
import { childEnvironment, type EditionEnv } from "../environment.ts";
import { startPart, type Part, type Place } from "../part.ts";
import { root } from "../root.ts";
import type { Ports } from "../ports.ts";

/** The stand-in for GetStream: its objects lie in a database of its own beside the product's. */
export function chatPart({ ports, env }: { ports: Ports; env: EditionEnv }, place: Place): Promise<Part> {
  const database = Object.assign(new URL(env.DATABASE_URL), { pathname: "/frontrow_chat" });
  return startPart(
    {
      name: "chat",
      where: `http://127.0.0.1:${ports.chat}`,
      command: {
        file: process.execPath,
        args: ["local/chat/main.ts"],
        env: childEnvironment(env, {
          HOST: "127.0.0.1",
          PORT: String(ports.chat),
          DATABASE_URL: database.href,
          WEBHOOK_URL: `http://127.0.0.1:${ports.web}/webhooks/chat`,
        }),
        cwd: root,
      },
      isReady: async () => (await statusOf(`http://127.0.0.1:${ports.chat}/healthz`)) === 200,
    },
    place,
  );
}
