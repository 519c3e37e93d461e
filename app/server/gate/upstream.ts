import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";

/** LiveKit's answer: a web socket that stands, or a status with a short text why not. */
export type UpstreamAnswer =
  | { kind: "open"; response: IncomingMessage; socket: Duplex; head: Buffer }
  | { kind: "refused"; status: number; text: string };

/** Each socket lives as long as its session, so none is kept for the next one. */
const agents = { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) };
const patienceMs = 5_000;
const mostText = 2_048;
/** What a web socket's handshake needs. Cookies and all else stay here. */
const passedOn = /^(sec-websocket-(?:key|version|extensions|protocol)|user-agent)$/;

/**
 * Asks LiveKit (`livekitUrl`: http or https) for `target`, a path with its query; as a web socket where `from` wished for
 * one. Rejects when it does not answer within 5 s. Aborting `signal` ends it.
 */
export function askUpstream(
  livekitUrl: string,
  target: string,
  { from, upgrade, signal }: { from: IncomingMessage; upgrade: boolean; signal: AbortSignal },
): Promise<UpstreamAnswer> {
  const url = new URL(livekitUrl);
  const secure = url.protocol === "https:";
  const headers = Object.fromEntries(
    Object.entries(from.headers).filter(([name]) => upgrade && passedOn.test(name)),
  );
  return new Promise((resolve, reject) => {
    const asked = (secure ? httpsRequest : httpRequest)({
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port || (secure ? 443 : 80),
      path: `${url.pathname.replace(/\/$/, "")}${target}`,
      agent: secure ? agents.https : agents.http,
      headers: { ...headers, ...(upgrade && { connection: "Upgrade", upgrade: "websocket" }) },
      signal,
      timeout: patienceMs,
    });
    asked.on("timeout", () => asked.destroy(new Error("LiveKit does not answer")));
    asked.on("error", reject);
    asked.on("upgrade", (response, socket, head) => {
      // From here on it is silent for as long as nothing happens in the room.
      socket.setTimeout(0);
      resolve({ kind: "open", response, socket, head });
    });
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => void (text.length < mostText && (text += part)));
      response.on("error", reject);
      response.on("end", () => resolve({ kind: "refused", status: response.statusCode ?? 502, text }));
    });
    asked.end();
  });
}
