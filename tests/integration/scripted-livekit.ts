import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

type Answer = { status?: number; body: unknown };
export type ScriptedEgress = {
  egressId: string;
  roomName: string;
  prefix: string;
  status: string;
  error?: string;
};

/**
 * A server that speaks LiveKit's wire protocol for rooms and egresses, and does what a test says: for courses that no
 * real one can be brought to on demand (an answer that never comes, a recorder that nobody knows any more). Its answers
 * have the shape of those that a real one gave.
 */
export async function startScriptedLiveKit() {
  const egresses: ScriptedEgress[] = [];
  const calls: { method: string; request: Record<string, unknown> }[] = [];
  /** Rooms in which somebody publishes. */
  const publishing = new Set<string>();
  /** What a method answers instead, or a wait before it answers as usual. */
  const instead = new Map<
    string,
    (request: Record<string, unknown>) => Answer | Promise<Answer> | undefined
  >();

  const info = ({ egressId, roomName, prefix, status, error = "" }: ScriptedEgress) => ({
    egress_id: egressId,
    room_id: "RM_scripted",
    room_name: roomName,
    source_type: "EGRESS_SOURCE_TYPE_WEB",
    status,
    error,
    details: "",
    started_at: String(BigInt(Date.now()) * 1_000_000n),
    room_composite: {
      room_name: roomName,
      layout: "speaker",
      segment_outputs: [
        { protocol: "HLS_PROTOCOL", filename_prefix: `${prefix}seg`, playlist_name: `${prefix}index.m3u8` },
      ],
    },
  });

  function start(request: Record<string, unknown>): Answer {
    const [output] = request.segmentOutputs as { filenamePrefix: string }[];
    const egress = {
      egressId: `EG_${egresses.length}${Math.random().toString(36).slice(2, 10)}`,
      roomName: String(request.roomName),
      prefix: output!.filenamePrefix.replace(/seg$/, ""),
      status: "EGRESS_STARTING",
    };
    egresses.push(egress);
    return { body: info(egress) };
  }

  function stop({ egressId }: Record<string, unknown>): Answer {
    const egress = egresses.find((each) => each.egressId === egressId);
    if (!egress) return { status: 404, body: { code: "not_found", msg: "egress does not exist" } };
    if (/COMPLETE|FAILED|ABORTED/.test(egress.status)) {
      const msg = `egress with status ${egress.status} cannot be stopped`;
      return { status: 412, body: { code: "failed_precondition", msg } };
    }
    egress.status = "EGRESS_ENDING";
    return { body: info(egress) };
  }

  function list({ egressId, roomName }: Record<string, unknown>): Answer {
    const items = egresses.filter((each) =>
      egressId ? each.egressId === egressId : each.roomName === roomName,
    );
    if (egressId && items.length === 0)
      return { status: 404, body: { code: "not_found", msg: "egress does not exist" } };
    return { body: { items: items.map(info) } };
  }

  const methods: Record<string, (request: Record<string, unknown>) => Answer> = {
    "livekit.Egress/StartRoomCompositeEgress": start,
    "livekit.Egress/StopEgress": stop,
    "livekit.Egress/ListEgress": list,
    "livekit.RoomService/ListRooms": ({ names }) => ({
      body: { rooms: (names as string[]).map((name) => ({ name, sid: "RM_scripted" })) },
    }),
    "livekit.RoomService/ListParticipants": ({ room }) => ({
      body: {
        participants: publishing.has(String(room))
          ? [{ identity: "host", permission: { can_publish: true }, tracks: [{ sid: "TR_1" }] }]
          : [],
      },
    }),
    "livekit.RoomService/DeleteRoom": () => ({ body: {} }),
  };

  const server = createServer(async (request, response) => {
    const method = (request.url ?? "").replace("/twirp/", "");
    const asked = await readJson(request);
    calls.push({ method: method.split("/")[1] ?? "", request: asked });
    const answer = (await instead.get(method.split("/")[1] ?? "")?.(asked)) ??
      methods[method]?.(asked) ?? { status: 404, body: { code: "bad_route", msg: method } };
    response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    egresses,
    calls,
    publishing,
    instead,
    start,
    count: (method: string) => calls.filter((call) => call.method === method).length,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || "{}") as Record<string, unknown>;
}
