import { createChat } from "#app/services/chat.ts";
import { findAccess, mayJoinRoom } from "#app/domain/access/decision.ts";
import { isOfRecorder } from "#tests/r2-rules.ts";
import type { Tools } from "./fault.ts";
import { lookAtMedia, lookAtStorage } from "./recording-invariants.ts";
import { roomsOf } from "./studio-tools.ts";

/** One thing that must be true after every fault: what was seen of it, and a sentence for each place where it is not. */
export type Looked = { promise: string; saw: string; broken: string[] };

export type World = Pick<Tools, "db" | "edition" | "env" | "storage">;

const all: { promise: string; look: (world: World) => Promise<Omit<Looked, "promise">> }[] = [
  { promise: "At most one host publishes in a room, and one recorder records it", look: lookAtRooms },
  { promise: "Nobody is in a room who may not be there", look: lookAtPeople },
  { promise: "Nobody is in a chat who may not be there", look: lookAtChats },
  { promise: "Storage has every byte of what a finished recording is made of", look: lookAtStorage },
  { promise: "Strangers get nothing of a recording", look: lookAtMedia },
  { promise: "Storage is asked for nothing that R2 refuses", look: lookAtWrites },
];

/** Asks those who have it, not the rows about it: LiveKit, the chat service, storage and web. What cannot be asked is broken. */
export async function lookAtInvariants(world: World): Promise<Looked[]> {
  const looked: Looked[] = [];
  for (const { promise, look } of all) {
    const failed = (error: Error) => ({
      saw: "nothing",
      broken: [`it could not be asked: ${error.message}`],
    });
    looked.push({ promise, ...(await look(world).catch(failed)) });
  }
  return looked;
}

async function peopleInRooms({ env }: World) {
  const rooms = roomsOf(env);
  const found = await rooms.listRooms();
  return Promise.all(
    found.map(async ({ name }) => {
      const there = await rooms.listParticipants(name);
      return {
        name,
        recorders: there.filter(({ permission }) => permission?.recorder),
        people: there.filter(({ permission }) => !permission?.recorder),
      };
    }),
  );
}

async function lookAtRooms(world: World) {
  const rooms = (await peopleInRooms(world)).map(({ name, recorders, people }) => ({
    name,
    recorders: recorders.length,
    publishers: people.filter(({ tracks }) => tracks.length > 0).length,
  }));
  const words = (room: { publishers: number; recorders: number }) =>
    `${room.publishers} publishing, ${room.recorders} recording`;
  return {
    saw: rooms.length > 0 ? `${rooms.length} rooms: ${rooms.map(words).join("; ")}` : "no room",
    broken: rooms
      .filter(({ publishers, recorders }) => publishers > 1 || recorders > 1)
      .map((room) => `room ${room.name}: ${words(room)}`),
  };
}

async function lookAtPeople(world: World) {
  const broken: string[] = [];
  let count = 0;
  for (const { name, people } of await peopleInRooms(world)) {
    for (const { identity } of people) {
      count += 1;
      const person = await world.db
        .selectFrom("stream_participants")
        .select(["user_id", "stream_id"])
        .where("identity", "=", identity)
        .executeTakeFirst();
      const access =
        person && (await findAccess(world.db, { userId: person.user_id, streamId: person.stream_id }));
      if (!access || access.streamId !== name || !mayJoinRoom(access))
        broken.push(`${identity} is in room ${name} without access`);
    }
  }
  return { saw: `${count} people in rooms`, broken };
}

/** As the service has them. Whose decision has just turned is taken out by the next look of the worker, which is given 15 s. */
async function lookAtChats({ db, env }: World) {
  const secrets = (env.STREAM_API_SECRET ?? "").split(",");
  const chat = createChat({
    apiKey: env.STREAM_API_KEY ?? "",
    apiSecret: secrets,
    url: env.STREAM_URL ?? "",
  });
  const rooms = await db
    .selectFrom("streaming_chat_rooms")
    .select(["stream_id", "channel_id"])
    .where("made_at", "is not", null)
    .execute();
  for (const deadline = Date.now() + 15_000; ;) {
    const broken: string[] = [];
    let count = 0;
    for (const { stream_id: streamId, channel_id } of rooms) {
      for (const userId of await chat.listMembers(channel_id)) {
        count += 1;
        if (!(await findAccess(db, { userId, streamId }))?.mayChat)
          broken.push(`${userId} is in the chat of stream ${streamId} without access`);
      }
    }
    if (broken.length === 0 || Date.now() > deadline)
      return { saw: `${count} people in ${rooms.length} chats`, broken };
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function lookAtWrites({ storage }: World) {
  const refused = storage.broken.splice(0);
  return {
    saw: `${storage.seen.length} requests, ${refused.length} refused, of them ${refused.filter(isOfRecorder).length} of a recorder's playlist, as Egress writes it`,
    broken: refused.filter((sentence) => !isOfRecorder(sentence)),
  };
}
