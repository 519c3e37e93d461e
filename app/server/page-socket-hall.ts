import type { WebSocket } from "ws";
import type { AccessDecision } from "#app/domain/access/decision.ts";

export type PageKind = "watch" | "studio";

/** One open page with its socket. */
export type Seat = {
  socket: WebSocket;
  person: Person;
  sessionId: string;
  tab: string;
  page: PageKind;
  /** The last state that was sent, as JSON; empty before the first. */
  sent: string;
  viewersSent: string;
  /** The end of access that was told last (ISO); null: none, which nobody has to be told. */
  untilSent: string | null;
  /** What it was told last of whether another device took its place; undefined before the first word. */
  deviceEnded: boolean | undefined;
  /** In which of the seconds between two pings this one is pinged. */
  phase: number;
  pingedAt: number;
  answeredAt: number;
  /** It answered since presence was last written. */
  fresh: boolean;
  /** Messages since the last look; pages have nothing to say, so many of them are nonsense. */
  heard: number;
};

/** Somebody who has pages of one stream open. */
export type Person = {
  room: Room;
  userId: string;
  seats: Set<Seat>;
  /** What was decided last; undefined before the first answer. */
  access: AccessDecision | undefined;
  /** Asks again when the decision ends by itself. */
  timer: NodeJS.Timeout | undefined;
};

/** All open pages of one stream. */
export type Room = {
  streamId: string;
  people: Map<string, Person>;
  /** What decisions were last made on: another status may change anybody's. */
  decidedOn: string;
  /** What was known of the stream when everybody was last told of it (JSON); empty before that. */
  told: string;
  /** When its pages were last told of a new count, by `performance.now()`. */
  countedAt: number;
  /** There is a replay. */
  replay: boolean;
};

/** Who is connected to this process. */
export type Hall = ReturnType<typeof createHall>;

export function createHall() {
  const rooms = new Map<string, Room>();
  const sessions = new Map<string, Set<Seat>>();
  let phase = 0;

  return {
    rooms,

    seatsOfSession: (sessionId: string): number => sessions.get(sessionId)?.size ?? 0,

    /** Gives a page its seat, and the one that the same tab had here before, if it did. */
    enter(
      socket: WebSocket,
      page: { streamId: string; userId: string; sessionId: string; tab: string; page: PageKind },
      now: number,
    ): { seat: Seat; former: Seat | undefined } {
      const { streamId, userId, sessionId, tab } = page;
      const room = rooms.get(streamId) ?? {
        streamId,
        people: new Map<string, Person>(),
        decidedOn: "",
        told: "",
        countedAt: 0,
        replay: false,
      };
      rooms.set(streamId, room);
      const person = room.people.get(userId) ?? {
        room,
        userId,
        seats: new Set<Seat>(),
        access: undefined,
        timer: undefined,
      };
      room.people.set(userId, person);
      const former = [...person.seats].find(
        (other) => other.sessionId === sessionId && other.tab === tab && other.page === page.page,
      );
      const seat: Seat = {
        socket,
        person,
        sessionId,
        tab,
        page: page.page,
        sent: "",
        viewersSent: "",
        untilSent: null,
        deviceEnded: undefined,
        phase: phase++,
        pingedAt: 0,
        answeredAt: now,
        fresh: true,
        heard: 0,
      };
      person.seats.add(seat);
      const ofSession = sessions.get(sessionId) ?? new Set<Seat>();
      sessions.set(sessionId, ofSession.add(seat));
      return { seat, former };
    },

    /** Frees a seat; a second time changes nothing. */
    leave(seat: Seat): void {
      const { person } = seat;
      const { room } = person;
      const ofSession = sessions.get(seat.sessionId);
      ofSession?.delete(seat);
      if (ofSession?.size === 0) sessions.delete(seat.sessionId);
      person.seats.delete(seat);
      if (person.seats.size > 0 || room.people.get(person.userId) !== person) return;
      clearTimeout(person.timer);
      room.people.delete(person.userId);
      if (room.people.size === 0) rooms.delete(room.streamId);
    },

    *seats(): Generator<Seat> {
      for (const room of rooms.values()) yield* seatsOf(room);
    },
  };
}

export function* seatsOf(room: Room): Generator<Seat> {
  for (const person of room.people.values()) yield* person.seats;
}
