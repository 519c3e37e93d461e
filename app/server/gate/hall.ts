import type { Participant } from "#app/domain/participants/admission.ts";

/** A signal socket: on its way in (`cut` destroys what there is of it by then), or standing. */
export type Guest = Participant & {
  cut: () => void;
  standing: boolean;
  /** By which it watches; null for the team, and before the decision. */
  grantId: string | null;
};

/** Somebody with signal sockets to one room. */
export type Person = {
  room: Room;
  userId: string;
  guests: Set<Guest>;
  /** When the last decision ends by itself, by `performance.now()`; undefined: it has no end of its own. */
  endsAt: number | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Since when the stream has been over for them; undefined: it is on. */
  overSince: number | undefined;
  /** Is being put out; whoever comes meanwhile goes too. */
  leaving: boolean;
};

export type Room = {
  streamId: string;
  people: Map<string, Person>;
  /** What the last decisions about everybody were made on. */
  decidedOn: string;
};

export type GateHall = ReturnType<typeof createGateHall>;

/** Who has a signal socket in this process. */
export function createGateHall() {
  const rooms = new Map<string, Room>();
  const sessions = new Map<string, number>();

  return {
    rooms,
    guestsOfSession: (sessionId: string): number => sessions.get(sessionId) ?? 0,

    enter(participant: Participant, cut: () => void): { guest: Guest; person: Person } {
      const { streamId, userId, sessionId } = participant;
      const room = rooms.get(streamId) ?? { streamId, people: new Map<string, Person>(), decidedOn: "" };
      rooms.set(streamId, room);
      const person = room.people.get(userId) ?? {
        room,
        userId,
        guests: new Set<Guest>(),
        endsAt: undefined,
        timer: undefined,
        overSince: undefined,
        leaving: false,
      };
      room.people.set(userId, person);
      const guest: Guest = { ...participant, cut, standing: false, grantId: null };
      person.guests.add(guest);
      sessions.set(sessionId, (sessions.get(sessionId) ?? 0) + 1);
      return { guest, person };
    },

    /** A second time changes nothing. */
    leave(guest: Guest): void {
      const room = rooms.get(guest.streamId);
      const person = room?.people.get(guest.userId);
      if (!room || !person?.guests.delete(guest)) return;
      const left = (sessions.get(guest.sessionId) ?? 1) - 1;
      if (left > 0) sessions.set(guest.sessionId, left);
      else sessions.delete(guest.sessionId);
      if (person.guests.size > 0) return;
      clearTimeout(person.timer);
      room.people.delete(guest.userId);
      if (room.people.size === 0) rooms.delete(guest.streamId);
    },

    *guests(): Generator<Guest> {
      for (const room of rooms.values()) for (const person of room.people.values()) yield* person.guests;
    },
  };
}
