import type { StreamChatBefore, StreamStatus } from "#db/types.ts";

/**
 * Whether there is a chat to see, and one to write in: `before` it opens, `open`, `read-only` when the time after the
 * end has run out, `closed` for a stream that will not take place.
 */
export type ChatPhase = "before" | "open" | "read-only" | "closed";

export type ChatTimes = {
  status: StreamStatus;
  startsAt: Date;
  endedAt: Date | null;
  chatBefore: StreamChatBefore;
  chatAfterMinutes: number;
};

/** When a stream's chat can be written in besides while it is live, as its host chose. */
export type ChatHours = { before: StreamChatBefore; afterMinutes: number };
export const usualChatHours: ChatHours = { before: "then", afterMinutes: 30 };
export const mostChatAfterMinutes = 7 * 24 * 60;

/** So long before its start a stream's chat opens. */
export const openBeforeMinutes = 30;
const minuteMs = 60_000;

/** The phase of a stream's chat at `now` (the database's clock), and when it changes by the clock alone. */
export function chatPhase(
  { status, startsAt, endedAt, chatBefore, chatAfterMinutes }: ChatTimes,
  now: Date,
): { phase: ChatPhase; opensAt: Date | null; closesAt: Date | null } {
  if (status === "cancelled") return { phase: "closed", opensAt: null, closesAt: null };
  if (status === "live") return { phase: "open", opensAt: null, closesAt: null };
  if (status === "ended") {
    const closesAt = new Date((endedAt ?? now).getTime() + chatAfterMinutes * minuteMs);
    return closesAt > now
      ? { phase: "open", opensAt: null, closesAt }
      : { phase: "read-only", opensAt: null, closesAt: null };
  }
  if (chatBefore === "always") return { phase: "open", opensAt: null, closesAt: null };
  if (chatBefore === "never") return { phase: "before", opensAt: null, closesAt: null };
  const opensAt = new Date(startsAt.getTime() - openBeforeMinutes * minuteMs);
  return status === "rehearsal" || opensAt <= now
    ? { phase: "open", opensAt: null, closesAt: null }
    : { phase: "before", opensAt, closesAt: null };
}
