import path from "node:path";
import { statusOf } from "../ask.ts";
import { findProgram, livekitServer } from "../programs.mjs";
import type { EditionEnv } from "../environment.ts";
import { startPart, type Part, type Place } from "../part.ts";
import type { Ports } from "../ports.ts";
import { writePrivately } from "../secrets.ts";

/** LiveKit's server: rooms only when we create them, webhooks to web, signed by a pair of their own. */
export async function livekitServerPart(
  { ports, env, webhooks }: { ports: Ports; env: EditionEnv; webhooks: boolean },
  place: Place,
): Promise<Part> {
  const file = await findProgram(livekitServer, {
    localCache: path.join(place.dir, "bin"),
    onLine: place.onLine,
    closing: place.closing,
  });
  const config = path.join(place.dir, "livekit.yaml");
  // Every JSON text is YAML.
  writePrivately(config, `${JSON.stringify(configuration({ ports, env, webhooks }), null, 2)}\n`);
  return startPart(
    {
      name: "livekit-server",
      where: `ws://127.0.0.1:${ports.livekit}, media on every interface: tcp ${ports.livekitTcp}, udp ${ports.livekitUdp}`,
      command: { file, args: ["--config", config], env: { PATH: process.env.PATH, HOME: process.env.HOME } },
      isReady: async () => (await statusOf(`http://127.0.0.1:${ports.livekit}/`)) === 200,
      stopWithin: 3_000,
    },
    place,
  );
}

function configuration({ ports, env, webhooks }: { ports: Ports; env: EditionEnv; webhooks: boolean }) {
  return {
    port: ports.livekit,
    bind_addresses: ["127.0.0.1"],
    rtc: {
      tcp_port: ports.livekitTcp,
      udp_port: ports.livekitUdp,
      node_ip: "127.0.0.1",
      use_external_ip: false,
      enable_loopback_candidate: true,
    },
    room: { auto_create: false },
    // Lists of two while keys are rotated.
    keys: {
      ...pairs(env.LIVEKIT_API_KEY, env.LIVEKIT_API_SECRET),
      ...pairs(env.LIVEKIT_WEBHOOK_KEY, env.LIVEKIT_WEBHOOK_SECRET),
    },
    webhook: {
      api_key: env.LIVEKIT_WEBHOOK_KEY.split(",")[0],
      urls: webhooks ? [`http://127.0.0.1:${ports.web}/webhooks/livekit`] : [],
    },
    // At info it writes whole joins, secrets included.
    logging: { level: "warn" },
  };
}

function pairs(keys: string, secrets: string): Record<string, string> {
  const all = secrets.split(",");
  return Object.fromEntries(keys.split(",").map((key, index) => [key.trim(), (all[index] ?? "").trim()]));
}
