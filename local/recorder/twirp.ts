import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { TokenVerifier } from "livekit-server-sdk";
import { readCompositeRequest } from "./egress-request.ts";
import { toCamelCase } from "./egress-info.ts";
import type { Egresses } from "./egresses.ts";
import { metricsText } from "./metrics.ts";
import { Refusal, refuse, twirpStatus } from "./refusal.ts";

const PREFIX = "/twirp/livekit.Egress/";
const LARGEST_BODY = 1024 * 1024;

type Fields = Record<string, unknown>;

/**
 * Twirp over HTTP (https://twitchtv.github.io/twirp/docs/spec_v7.html) as `EgressClient` speaks it: JSON in, JSON out,
 * a bearer token of one of the pairs, with the grant `roomRecord`. Three methods, and `unimplemented` for the others.
 */
export function createTwirpServer(
  egresses: Egresses,
  { pairs }: { pairs: { apiKey: string; apiSecret: string }[] },
): Server {
  const verifiers = pairs.map(({ apiKey, apiSecret }) => new TokenVerifier(apiKey, apiSecret));

  const methods: Record<string, (body: Fields) => Promise<unknown>> = {
    StartRoomCompositeEgress: (body) => egresses.start(readCompositeRequest(body)),
    ListEgress: async (body) => {
      const [roomName, egressId] = [textOf(body.roomName), textOf(body.egressId)];
      return {
        items: egresses.list({ roomName, egressId, active: body.active === true }),
        next_page_token: null,
      };
    },
    StopEgress: (body) => egresses.stop(textOf(body.egressId)),
  };

  const call = async (request: IncomingMessage) => {
    const method = request.url!.slice(PREFIX.length);
    if (request.method !== "POST") throw refuse("bad_route", "Twirp methods are called by POST");
    if (!(await mayRecord(request.headers.authorization)))
      throw refuse("unauthenticated", "permissions denied");
    const act = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!act) {
      throw refuse(
        "unimplemented",
        `The local recorder has no ${method}. It starts room composites, lists and stops them; use LiveKit Egress.`,
      );
    }
    return act(await readBody(request));
  };

  const mayRecord = async (authorization: string | undefined) => {
    const token = authorization?.replace(/^Bearer /, "") ?? "";
    const isRight = (verifier: TokenVerifier) =>
      verifier.verify(token).then(
        ({ video }) => video?.roomRecord === true,
        () => false,
      );
    return (await Promise.all(verifiers.map(isRight))).includes(true);
  };

  return createServer(async (request, response) => {
    const path = request.url ?? "/";
    if (request.method === "GET" && path === "/healthz") return answer(response, 200, "text/plain", "ok\n");
    if (request.method === "GET" && path === "/metrics") {
      return answer(response, 200, "text/plain; version=0.0.4", metricsText(egresses));
    }
    try {
      if (!path.startsWith(PREFIX)) throw refuse("bad_route", `there is nothing at ${path}`);
      answer(response, 200, "application/json", JSON.stringify(await call(request)));
    } catch (error) {
      const refusal = error instanceof Refusal ? error : refuse("internal", "the recorder has failed");
      if (refusal !== error) console.error(error);
      const body = JSON.stringify({ code: refusal.code, msg: refusal.message });
      answer(response, twirpStatus[refusal.code], "application/json", body);
    }
  });
}

function answer(response: ServerResponse, status: number, contentType: string, body: string) {
  response
    .writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) })
    .end(body);
}

async function readBody(request: IncomingMessage): Promise<Fields> {
  if (!request.headers["content-type"]?.startsWith("application/json")) {
    throw refuse("malformed", "the local recorder reads JSON only");
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_BODY) throw refuse("malformed", "the request is larger than 1 MB");
    chunks.push(chunk);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw refuse("malformed", "the request is not JSON");
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw refuse("malformed", "the request is not a JSON object");
  }
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [toCamelCase(name), value]));
}

const textOf = (value: unknown) => (typeof value === "string" ? value : "");
