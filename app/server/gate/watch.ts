import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { type AccessDecision, listAccessOfPeople, mayJoinRoom } from "#app/domain/access/decision.ts";
import { listLiveSessions } from "#app/domain/people/live-sessions.ts";
import { findHostIdentity } from "#app/domain/streams/host-participants.ts";
import { inTime } from "../in-time.ts";
import { keepFor } from "../keep-for.ts";
import type { GateHall, Guest, Person, Room } from "./hall.ts";
import { createPutOut } from "./put-out.ts";

type Needs = Pick<Services, "db" | "livekit" | "log">;

/** Changes that come together are read together. */
const gatherMs = 10;
const tryAgainMs = 1_000;
/** Then it is asked again. */
const patienceMs = 10_000;

/** A room is deleted right after its stream has ended; a worker that was away makes up for it within this time, or does not. */
const roomGoesMs = 5_000;

type Wanted = { everybody: boolean; sessions: boolean; userIds: Set<string> };

/**
 * Asks the decision again about who has a signal socket here whenever it may have changed, and has those
 * put out whom it refuses.
 */
export function createGateWatch(services: Needs, hall: GateHall) {
  const { db, log } = services;
  const wanted = new Map<string, Wanted>();
  const running = new Set<string>();
  const out = createPutOut(services, hall);
  let closed = false;

  function want(streamId: string, { everybody = false, sessions = false, userIds = [] as string[] } = {}) {
    if (closed || !hall.rooms.has(streamId)) return;
    const now = wanted.get(streamId) ?? { everybody: false, sessions: false, userIds: new Set<string>() };
    now.everybody ||= everybody;
    now.sessions ||= sessions;
    for (const userId of userIds) now.userIds.add(userId);
    wanted.set(streamId, now);
    if (running.has(streamId)) return;
    running.add(streamId);
    setTimeout(() => void run(streamId), gatherMs);
  }

  async function run(streamId: string) {
    let pause = gatherMs;
    const now = wanted.get(streamId);
    wanted.delete(streamId);
    const room = hall.rooms.get(streamId);
    try {
      if (now && room) await inTime(patienceMs, (late) => ask(room, now, late));
    } catch (error) {
      // Nobody is cut for our database's sake, but whose own time is over, and that by itself.
      log.warn({ err: error, streamId }, "the gate could not ask who may stay");
      want(streamId, { ...now, userIds: [...(now?.userIds ?? [])] });
      pause = tryAgainMs;
    }
    if (wanted.has(streamId) && !closed) setTimeout(() => void run(streamId), pause);
    else running.delete(streamId);
  }

  async function ask(room: Room, { everybody, sessions, userIds }: Wanted, late: AbortSignal) {
    const { streamId } = room;
    const facts = await findRoomFacts(streamId);
    const all = everybody || facts !== room.decidedOn;
    const people = [...room.people.values()].filter((person) => all || userIds.has(person.userId));
    const decisions = await listAccessOfPeople(db, {
      streamId,
      userIds: people.map(({ userId }) => userId),
    });
    if (late.aborted) return;
    room.decidedOn = facts;
    for (const person of people) heed(person, decisions.get(person.userId));
    await out.devices(people, decisions);
    if (sessions) await cutDeadSessions(people);
    await cutFormerHosts(room, decisions);
  }

  function heed(person: Person, access: AccessDecision | undefined) {
    if (access && mayJoinRoom(access)) return keep(person, access);
    if (access?.mayWatch) return leaveWithRoom(person);
    out.person(person, access?.reason ?? "no_stream");
  }

  /** The stream is over: its room goes as a whole, and says so to everybody in it. Whoever stays behind is cut. */
  function leaveWithRoom(person: Person) {
    clearTimeout(person.timer);
    person.endsAt = undefined;
    const late = person.overSince !== undefined && performance.now() - person.overSince >= roomGoesMs;
    if (late) return out.cutAll(person);
    person.overSince ??= performance.now();
    person.timer = setTimeout(
      () => want(person.room.streamId, { userIds: [person.userId] }),
      person.overSince + roomGoesMs - performance.now() + 1,
    );
  }

  function keep(person: Person, access: AccessDecision) {
    const { remainingMs } = access;
    person.overSince = undefined;
    person.endsAt = remainingMs === null ? undefined : performance.now() + remainingMs;
    keepFor(person, remainingMs, {
      ask: () => want(person.room.streamId, { userIds: [person.userId] }),
      end: () => person.guests.size > 0 && out.person(person, "ended"),
    });
  }

  async function cutDeadSessions(people: Person[]) {
    const guests = people.flatMap((person) => [...person.guests]);
    const alive = await listLiveSessions(db, [...new Set(guests.map(({ sessionId }) => sessionId))]);
    for (const guest of guests.filter(({ sessionId }) => !alive.has(sessionId))) await out.cutOne(guest);
  }

  /**
   * Of the hosts only the one with the lease stays, for as long as they may host: who took over has removed the others, who
   * could come back by themselves.
   */
  async function cutFormerHosts(room: Room, decisions: Map<string, AccessDecision>) {
    const hosts = [...room.people.values()].flatMap(({ guests }) =>
      [...guests].filter(({ role, standing }) => role === "host" && standing),
    );
    if (hosts.length === 0) return;
    const holder = await findHostIdentity(db, { streamId: room.streamId });
    const isFormer = ({ identity, userId }: Guest) =>
      identity !== holder || decisions.get(userId)?.mayHost === false;
    for (const guest of hosts.filter(isFormer)) await out.cutOne(guest);
  }

  /** Everything about a stream, besides its people, that a decision here hangs on. */
  async function findRoomFacts(streamId: string): Promise<string> {
    const { rows } = await sql<{ facts: string }>`
      select concat_ws(' ', s.status, s.live_at, l.session_id, l.tab) as facts
      from streams s left join stream_host_leases l on l.stream_id = s.id where s.id = ${streamId}::uuid
    `.execute(db);
    return rows[0]?.facts ?? "";
  }

  return {
    /** A socket stands. What was decided when it came may be older than what was heard since: the earlier end counts. */
    entered({ streamId, userId }: Guest, access: AccessDecision) {
      const person = hall.rooms.get(streamId)?.people.get(userId);
      const { remainingMs } = access;
      if (!person || remainingMs === null) return;
      if (person.endsAt === undefined || performance.now() + remainingMs < person.endsAt)
        keep(person, access);
    },
    stream: (streamId: string) => want(streamId),
    access: (streamId: string) => want(streamId, { everybody: true }),
    person: (userId: string) => {
      for (const room of hall.rooms.values())
        if (room.people.has(userId)) want(room.streamId, { userIds: [userId], sessions: true });
    },
    /** Nothing that happened until now can be relied on to have been heard. */
    everything: () => {
      for (const streamId of hall.rooms.keys()) want(streamId, { everybody: true, sessions: true });
    },
    async close() {
      closed = true;
      await out.settled();
    },
  };
}
