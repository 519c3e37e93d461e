import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "#app/context.ts";
import { type AccessDecision, grantOf, mayJoinRoom } from "#app/domain/access/decision.ts";
import { keepPlaces } from "#app/domain/devices/places.ts";
import { removalSettlesMs } from "#app/domain/participants/removal.ts";
import type { GateHall, Guest, Person } from "./hall.ts";

/** LiveKit may take so long before the sockets are cut without its answer. */
const patienceMs = 500;

/**
 * Puts people or single devices of theirs out of a room: removed from it, then their sockets cut, pending ones as well, then
 * removed again, since a join that was under way would else stay for ever.
 */
export function createPutOut({ db, livekit, log }: Pick<Services, "db" | "livekit" | "log">, hall: GateHall) {
  const leavings = new Set<Promise<void>>();

  /** Puts out a person with all they have here. */
  function putOut(person: Person, reason: string) {
    if (person.leaving) return;
    person.leaving = true;
    const gone = () => void (person.leaving = false);
    leave(
      person,
      reason,
      remove(person.room.streamId, () => [...person.guests], gone),
    );
  }

  /**
   * Puts out the devices of people who may watch that have no place any more: another one of theirs took it. A device that
   * only was silent takes a free one again. Its other devices, and the chat, stay.
   */
  async function putOutDevices(people: Person[], decisions: Map<string, AccessDecision>) {
    const guests = people.flatMap((person) => {
      const access = decisions.get(person.userId);
      const grantId = access && mayJoinRoom(access) ? grantOf(access) : null;
      for (const guest of person.guests) guest.grantId = grantId;
      if (!grantId || person.leaving) return [];
      return [...person.guests].map(({ sessionId, streamId }) => ({ person, grantId, sessionId, streamId }));
    });
    const placed = await keepPlaces(db, guests);
    const out = new Map<string, Person>();
    guests.forEach(({ sessionId, person }, at) => placed[at] || out.set(sessionId, person));
    for (const [sessionId, person] of out) {
      const ofSession = () => [...person.guests].filter((guest) => guest.sessionId === sessionId);
      leave(person, "devices", remove(person.room.streamId, ofSession));
    }
  }

  function leave({ room: { streamId }, userId }: Person, reason: string, removed: Promise<void>) {
    log.info({ streamId, userId, reason }, "put out of a room");
    const leaving = removed
      .catch((error: unknown) => log.error({ err: error, streamId, userId }, "could not put out"))
      .finally(() => leavings.delete(leaving));
    leavings.add(leaving);
  }

  async function remove(streamId: string, guests: () => Guest[], onCut: () => void = () => {}) {
    const identities = new Set(guests().map(({ identity }) => identity));
    const all = () => Promise.allSettled([...identities].map((each) => livekit.removePerson(streamId, each)));
    // LiveKit may be away, or slow: the sockets are cut all the same, and the sweep goes on.
    await Promise.race([all(), sleep(patienceMs)]);
    await sleep(removalSettlesMs);
    for (const guest of guests()) {
      identities.add(guest.identity);
      hall.leave(guest);
      guest.cut();
    }
    onCut();
    await all();
  }

  function cutAll(person: Person) {
    for (const guest of [...person.guests]) {
      hall.leave(guest);
      guest.cut();
    }
  }

  async function cutOne(guest: { streamId: string; identity: string; cut: () => void }) {
    const { streamId, identity } = guest;
    await Promise.allSettled([livekit.removePerson(streamId, identity)]);
    await sleep(removalSettlesMs);
    guest.cut();
    await Promise.allSettled([livekit.removePerson(streamId, identity)]);
  }

  return {
    person: putOut,
    devices: putOutDevices,
    cutAll,
    cutOne,
    /** Resolves when whoever is being put out now is out. */
    settled: () => Promise.all(leavings),
  };
}
