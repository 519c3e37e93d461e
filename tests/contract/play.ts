import { randomUUID } from "node:crypto";
import { type EgressClient, ParticipantInfo_State } from "livekit-server-sdk";
import { expect } from "vitest";
import { type Call, type Json, type Stage, until, withCalls, withoutCalls } from "./stage.ts";
import { course, differences, withoutFiles } from "./wire.ts";

const { ACTIVE } = ParticipantInfo_State;

/** What a course has to play with: a new room, a folder of the bucket, and what is to be waited for. */
export type Play = {
  room: string;
  prefix: string;
  /** Starts the recording of the room, and gives its egress id. */
  start(segmentSeconds: number, store?: Partial<Stage["store"]>): Promise<string>;
  /** Until so many egress events have come (where webhooks come to us), or the egress is over. */
  events(count: number): Promise<void>;
  stored(name: string): Promise<void>;
  /** Until the recorder's media connection stands: LiveKit tells of no participant who leaves before. */
  recorderIsIn(): Promise<void>;
};

/**
 * Plays a course with the egress service, then compares all its calls, all its webhooks and the recorder's joining with
 * those of the real one. What a course had to do with files, which Frontrow does not ask for, is left out.
 */
export async function playCourse(
  stage: Stage,
  name: string,
  script: (play: Play) => Promise<void>,
  client: EgressClient = stage.client,
) {
  await using _ = await turn();
  const room = await newRoom(stage);
  const prefix = `contract/${room}`;
  let egressId = "";
  const isOver = async () => (await client.listEgress({ egressId }))[0]!.endedAt > 0n;
  const play: Play = {
    room,
    prefix,
    async start(segmentSeconds, store) {
      const segments = stage.output(prefix, segmentSeconds, store);
      ({ egressId } = await client.startRoomCompositeEgress(room, { segments }, { layout: "grid" }));
      return egressId;
    },
    async events(count) {
      if (stage.own)
        await until(`${count} events have come`, () => egressEvents(stage, room).length >= count);
      else await until("the egress is over", () => withoutCalls(isOver));
    },
    stored: (file) => stored(stage, prefix, file),
    recorderIsIn: async () => {
      await until("the recorder is in the room", async () => {
        const people = await stage.rooms.listParticipants(room);
        return people.some(({ permission, state }) => permission?.recorder && state === ACTIVE);
      });
    },
  };
  const all = await withCalls(() => script(play));
  const asked = all.filter(
    ({ request }) => request.roomName === room || request.egressId === egressId || request.active,
  );

  const real = course(name);
  expect(asked.map(({ method, status }) => `${method} ${status}`)).toEqual(
    real.calls.map(({ method, status }) => `${method} ${status}`),
  );
  expect(
    real.calls.map(({ request, response }, index) => ({
      request: differences(withoutFiles(request), asked[index]!.request),
      response: differences(withoutFiles(response), onlyOwn(asked[index]!, egressId)),
    })),
  ).toEqual(real.calls.map(() => ({ request: [], response: [] })));
  if (!stage.own) return { room, prefix, egressId };

  const events = egressEvents(stage, room);
  expect(events.map(({ body }) => summary(body))).toEqual(real.egressEvents.map(({ body }) => summary(body)));
  expect(events.map(({ contentType }) => contentType)).toEqual(
    real.egressEvents.map(({ headers }) => headers["content-type"]),
  );
  expect(
    real.egressEvents.map(({ body }, index) => differences(withoutFiles(body), events[index]!.body)),
  ).toEqual(real.egressEvents.map(() => []));
  const realJoin = real.webhooks.find(({ body }) => isRecorderJoining(body));
  if (realJoin) {
    const join = await until("LiveKit has told that the recorder joined", () =>
      stage.webhooksOf(room, "participant_joined").find(({ body }) => isRecorderJoining(body)),
    );
    expect(differences(asRecorder(realJoin.body), asRecorder(join.body))).toEqual([]);
  }
  return { room, prefix, egressId };
}

/** Courses at once: each is a host and a recording, and the machine may have two cores. */
const MOST_AT_ONCE = 3;
let playing = 0;
const waiting: (() => void)[] = [];

/** Waits for a place; disposing of what it gives makes room for the next. */
async function turn(): Promise<AsyncDisposable> {
  if (playing < MOST_AT_ONCE) playing++;
  else await new Promise<void>((go) => waiting.push(go));
  return {
    async [Symbol.asyncDispose]() {
      const next = waiting.shift();
      if (next) next();
      else playing--;
    },
  };
}

/** A room as in the courses: it closes 5 s after its last publisher has left, or after another departure timeout. */
export async function newRoom(stage: Stage, departureTimeout = 5): Promise<string> {
  const name = `contract-${randomUUID()}`;
  await stage.rooms.createRoom({ name, emptyTimeout: 15, departureTimeout });
  return name;
}

export async function stored(stage: Stage, prefix: string, file: string): Promise<void> {
  await until(`${file} is in the bucket`, async () =>
    (await stage.listKeys(prefix)).includes(`${prefix}/${file}`),
  );
}

export const egressEvents = (stage: Stage, room: string) => stage.webhooksOf(room, "egress_");

/** A list may have the egresses of other courses as well. */
function onlyOwn({ method, response }: Call, egressId: string): Json {
  if (method !== "ListEgress" || !response.items) return response;
  return { ...response, items: response.items.filter((item: Json) => item.egress_id === egressId) };
}

const summary = ({ event, egressInfo }: Json) =>
  `${event} ${egressInfo.status ?? ""} ${egressInfo.error ?? ""}`.replace(/RequestID.*HostID[^,]*/, "");

const isRecorderJoining = (body: Json) =>
  body.event === "participant_joined" && body.participant?.kind === "EGRESS";

/** Which client library somebody joined with is left out. */
function asRecorder({ event, participant: { clientProtocol, capabilities, ...participant } }: Json): Json {
  void clientProtocol;
  void capabilities;
  return { event, participant };
}
