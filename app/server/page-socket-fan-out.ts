import { type AccessDecision, grantOf, listAccessOfPeople } from "#app/domain/access/decision.ts";
import { keyOf, listEndedDevices } from "#app/domain/devices/places.ts";
import { listLiveSessions } from "#app/domain/people/live-sessions.ts";
import { findStreamFacts, type StreamFacts } from "#app/domain/streams/facts.ts";
import { stateFor } from "#app/domain/streams/state.ts";
import type { Services } from "#app/context.ts";
import { inTime } from "./in-time.ts";
import { keepFor } from "./keep-for.ts";
import { closeCodes, sayAccessEnded, sayDevice, sayState, sayUntil } from "./page-socket-messages.ts";
import type { Hall, Person, Room, Seat } from "./page-socket-hall.ts";
import { seatsOf } from "./page-socket-hall.ts";

/** Changes that come together are read together. */
const gatherMs = 15;
const tryAgainMs = 1_000;
/** Then it is read again. */
const patienceMs = 10_000;

type Wanted = { everybody: boolean; sessions: boolean; userIds: Set<string> };
export type FanOut = ReturnType<typeof createFanOut>;

/**
 * Tells open pages what is true now. A change of a stream is read once, however many pages are open, and the decisions
 * about all its people are one query; while that is under way, whatever else happens is gathered for the next one.
 */
export function createFanOut({ db, log }: Pick<Services, "db" | "log">, hall: Hall) {
  const wanted = new Map<string, Wanted>();
  const running = new Map<string, Promise<void>>();
  const timers = new Map<string, NodeJS.Timeout>();
  let closed = false;

  function want(streamId: string, { everybody = false, sessions = false, userIds = [] as string[] } = {}) {
    if (closed) return;
    const gathered = wanted.get(streamId) ?? {
      everybody: false,
      sessions: false,
      userIds: new Set<string>(),
    };
    gathered.everybody ||= everybody;
    gathered.sessions ||= sessions;
    for (const userId of userIds) gathered.userIds.add(userId);
    wanted.set(streamId, gathered);
    if (!running.has(streamId) && !timers.has(streamId)) later(streamId, gatherMs);
  }

  function later(streamId: string, ms: number) {
    timers.set(
      streamId,
      setTimeout(() => {
        timers.delete(streamId);
        running.set(streamId, run(streamId));
      }, ms),
    );
  }

  async function run(streamId: string) {
    const now = wanted.get(streamId);
    wanted.delete(streamId);
    let pause = gatherMs;
    try {
      const room = hall.rooms.get(streamId);
      if (now && room) await inTime(patienceMs, (late) => tell(room, now, late));
    } catch (error) {
      log.warn({ err: error, streamId }, "open pages could not be told");
      want(streamId, { ...now, userIds: [...(now?.userIds ?? [])] });
      pause = tryAgainMs;
    }
    running.delete(streamId);
    if (!closed && wanted.has(streamId)) later(streamId, pause);
  }

  async function tell(room: Room, { everybody, sessions, userIds }: Wanted, late: AbortSignal) {
    const facts = await findStreamFacts(db, room.streamId);
    if (late.aborted) return;
    if (!facts) {
      for (const seat of [...seatsOf(room)]) seat.socket.close(closeCodes.gone, "no such stream");
      return;
    }
    // Only these parts of a stream change a decision; a lease or a recording does not.
    const decidedOn = `${facts.status} ${facts.liveAt}`;
    const all = everybody || room.decidedOn !== decidedOn;
    const asked = [...room.people.values()].filter(
      (person) => all || userIds.has(person.userId) || !person.access,
    );
    const decisions = await listAccessOfPeople(db, {
      streamId: room.streamId,
      userIds: asked.map((person) => person.userId),
    });
    if (sessions) await endDeadSessions(asked);
    if (late.aborted) return;
    room.decidedOn = decidedOn;
    room.replay = facts.recording?.status === "ready" && !facts.recording.withheld;
    for (const person of asked) keepDecision(person, decisions.get(person.userId));
    const words = new Map<string, string>();
    const { at, ...known } = facts;
    const told = JSON.stringify(known);
    // While many come, nothing is new for those who are here.
    for (const person of room.told === told ? asked : room.people.values()) {
      if (person.access) sayTo(person, person.access, facts, words);
    }
    room.told = told;
    await sayDevices(asked, at);
  }

  /**
   * The pages of a device that another one ended lose their picture, and nothing else: the chat stays. A page whose socket
   * was away knows only what was true before, so each is told once in any case.
   */
  async function sayDevices(people: Person[], at: string) {
    const watching = people.flatMap(({ access, seats }) => {
      if (!access?.mayWatch) return [];
      const pages = [...seats].filter((seat) => seat.page === "watch");
      // The team has no limit, and whoever joined it none any more.
      return pages.map((seat) => ({ seat, grantId: grantOf(access) ?? "", sessionId: seat.sessionId }));
    });
    const ended = await listEndedDevices(
      db,
      watching.filter(({ grantId }) => grantId !== ""),
    );
    for (const one of watching) sayDevice(one.seat, ended.has(keyOf(one)), at);
  }

  async function endDeadSessions(people: Person[]) {
    const seats = people.flatMap((person) => [...person.seats]);
    const alive = await listLiveSessions(db, [...new Set(seats.map((seat) => seat.sessionId))]);
    for (const seat of seats) {
      if (!alive.has(seat.sessionId)) seat.socket.close(closeCodes.signedOut, "session ended");
    }
  }

  function keepDecision(person: Person, decision: AccessDecision | undefined) {
    person.access = decision;
    keepFor(person, decision?.remainingMs ?? null, {
      ask: () => want(person.room.streamId, { userIds: [person.userId] }),
      // What ends by the clock needs no database to say so.
      end: () => [...person.seats].forEach((seat) => sayAccessEnded(seat, "grant_expired")),
    });
  }

  function sayTo(person: Person, access: AccessDecision, facts: StreamFacts, words: Map<string, string>) {
    const { userId } = person;
    // Viewers are told the same words; so is everybody who is refused for the same reason.
    const audience = access.role === "viewer" ? "viewer" : access.role ? userId : access.reason;
    let json = words.get(audience);
    if (json === undefined) {
      json = JSON.stringify(stateFor(facts, { access, userId }));
      words.set(audience, json);
    }
    for (const seat of [...person.seats]) {
      if (mayStay(seat, access)) {
        sayState(seat, json, facts.at);
        if (access.mayWatch) sayUntil(seat, access);
      } else sayAccessEnded(seat, access.reason);
    }
  }

  return {
    /** The stream changed. */
    stream: (streamId: string) => {
      if (hall.rooms.has(streamId)) want(streamId);
    },
    /** Who may be at this stream may have changed for anybody. */
    access: (streamId: string) => {
      if (hall.rooms.has(streamId)) want(streamId, { everybody: true });
    },
    /** This person's access, or one of their sessions, may have changed. */
    person: (userId: string) => {
      for (const room of hall.rooms.values()) {
        if (room.people.has(userId)) want(room.streamId, { userIds: [userId], sessions: true });
      }
    },
    /** A page came: it is told the state as it is. */
    page: (seat: Seat) => want(seat.person.room.streamId, { userIds: [seat.person.userId] }),
    /** Nothing that happened until now can be relied on to have been heard. */
    everything: () => {
      for (const streamId of hall.rooms.keys()) want(streamId, { everybody: true, sessions: true });
    },
    async close() {
      closed = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}

/** Whoever may not watch may still keep the public page open. Who was watching has to be told that it is over. */
function mayStay(seat: Seat, access: AccessDecision): boolean {
  if (seat.page === "studio") return access.mayModerate;
  const wasWatching = seat.sent.includes('"access":"yes"');
  return access.mayWatch || !wasWatching;
}
