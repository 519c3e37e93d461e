import type { Services } from "#app/context.ts";
import type { ChatNotice } from "#app/domain/changes/notices.ts";
import { listMessagesById } from "#app/domain/chat/messages.ts";
import { findSilence } from "#app/domain/chat/silences.ts";
import { type Hall, type Room, seatsOf } from "./page-socket-hall.ts";
import { sayText } from "./page-socket-messages.ts";

/** Messages that come together are read together. */
const gatherMs = 15;

/**
 * What open pages hear of the chat from us, and not from the chat service: what was deleted, at once, whatever the
 * service does; what was shown again or pinned; and, while the service is away or the chat
 * moves to another channel, everything that is said.
 */
export function createChatNews({ db, log }: Pick<Services, "db" | "log">, hall: Hall) {
  const gathered = new Map<string, Set<string>>();
  /** What was deleted while rows were being read that may still have it, for each reading of a stream's. */
  const readings = new Map<string, Set<Set<string>>>();
  let closed = false;

  async function sayShown(streamId: string) {
    const ids = gathered.get(streamId);
    gathered.delete(streamId);
    const room = hall.rooms.get(streamId);
    if (!ids || !room || closed) return;
    const goneMeanwhile = new Set<string>();
    const underway = readings.get(streamId) ?? new Set();
    readings.set(streamId, underway.add(goneMeanwhile));
    try {
      const read = await listMessagesById(db, { streamId, userId: null, ids: [...ids] });
      const messages = read.filter(({ id }) => !goneMeanwhile.has(id));
      // Whose reactions they are is not the same for everybody who hears this.
      const told = messages.map(({ mine: _, ...message }) => message);
      if (told.length > 0) sayToWatchers(room, JSON.stringify({ type: "chat", messages: told }));
    } catch (error) {
      // Pages that miss a number ask for it.
      log.warn({ err: error, streamId }, "open pages could not be told what was said");
    } finally {
      underway.delete(goneMeanwhile);
      if (underway.size === 0) readings.delete(streamId);
    }
  }

  return {
    chat({ streamId, shown = [], gone = [] }: ChatNotice) {
      const room = hall.rooms.get(streamId);
      if (!room) return;
      if (gone.length > 0) sayToWatchers(room, JSON.stringify({ type: "chat-gone", ids: gone }));
      for (const goneMeanwhile of readings.get(streamId) ?? []) gone.forEach((id) => goneMeanwhile.add(id));
      if (shown.length === 0) return;
      const waiting = gathered.get(streamId);
      if (waiting) return shown.forEach((id) => waiting.add(id));
      gathered.set(streamId, new Set(shown));
      setTimeout(() => void sayShown(streamId), gatherMs);
    },

    /** Nothing that happened until now can be relied on to have been told. */
    everything() {
      const text = JSON.stringify({ type: "chat-again" });
      for (const room of hall.rooms.values()) sayToWatchers(room, text);
    },

    /** Tells a person that their time-out began or ended. */
    async silence(streamId: string, userId: string) {
      const person = hall.rooms.get(streamId)?.people.get(userId);
      if (!person) return;
      try {
        const silence = await findSilence(db, { streamId, userId });
        const text = JSON.stringify({
          type: "chat-silenced",
          until: silence?.until.toISOString() ?? null,
          reason: silence?.reason ?? "",
        });
        for (const seat of person.seats) sayText(seat, text);
      } catch (error) {
        log.warn({ err: error, streamId }, "somebody could not be told of their time-out");
      }
    },

    close() {
      closed = true;
    },
  };
}

function sayToWatchers(room: Room, text: string) {
  for (const seat of seatsOf(room)) {
    if (seat.person.access?.mayWatch) sayText(seat, text);
  }
}
