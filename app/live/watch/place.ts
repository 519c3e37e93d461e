import type { PageState } from "../page-messages.ts";

/** What the page of a stream is right now, for one person. */
export type Place = "cancelled" | "refused" | "announced" | "lobby" | "rehearsal" | "live" | "ended";

/** The doors open so long before the start. */
export const lobbyMs = 30 * 60_000;
/** A start that has passed by so much is no matter of a moment any more. */
export const lateMs = 60_000;
export const veryLateMs = 30 * 60_000;
/** What a page says at these moments before the start is read out. */
export const soonMs = [10 * 60_000, 5 * 60_000, 60_000];
/** Shortly before the start a page fetches the player's code, so that the picture is there with the first word of it. */
const almostMs = soonMs[1]!;

/** `now` in ms, by the server's clock. */
export function placeOf({ status, access, startsAt }: PageState, now: number): Place {
  if (status === "cancelled") return "cancelled";
  if (access !== "yes") return "refused";
  if (status === "live" || status === "rehearsal" || status === "ended") return status;
  return now >= Date.parse(startsAt) - lobbyMs ? "lobby" : "announced";
}

export function almostLive({ status, startsAt }: PageState, now: number): boolean {
  return status === "scheduled" && now >= Date.parse(startsAt) - almostMs;
}

type Shown = Pick<PageState, "status" | "recording" | "hostAbsentSince" | "liveRecordingId">;

/** What a page shows, for the address of its chat's list: `newsSince` compares it with what there is by then. */
export function stageOf({ status, recording, hostAbsentSince, liveRecordingId }: Shown) {
  if (status === "live" && hostAbsentSince !== null) return "away";
  if (status === "live" && liveRecordingId !== null) return "picture";
  return status === "ended" && recording?.status === "ready" && !recording.withheld ? "replay" : status;
}

const news: Record<ReturnType<typeof stageOf>, string> = {
  scheduled: "The rehearsal is over.",
  rehearsal: "The rehearsal has begun.",
  live: "The stream is live.",
  picture: "The stream is live.",
  away: "The host's connection dropped. They are reconnecting.",
  ended: "The stream has ended.",
  replay: "The replay is ready.",
  cancelled: "This stream was cancelled.",
};

/** What has happened to a stream since a page showed it as `shown`; undefined when it still is as it was. */
export function newsSince(shown: string | null, state: Shown): string | undefined {
  const stage = stageOf(state);
  if (shown === null || shown === stage) return undefined;
  if (shown === "away" && state.status === "live") return "The host is back.";
  // What can be seen without scripts comes some seconds after the beginning.
  if (shown === "live" && stage === "picture") return "The picture is there.";
  return shown === "picture" && stage === "live" ? undefined : news[stage];
}

type Replayed = {
  place: Place;
  recording: PageState["recording"];
  /** The edit of the replay that the page was loaded with; null: without one. */
  shownEdit: number | null;
  many: number;
};

/**
 * Within how many ms a page has to be read again since its replay is there, was cut, or was taken away; null when it does
 * not. The more people have it open, the longer it takes until all of them have asked.
 */
export function readingOf({ place, recording, shownEdit, many }: Replayed): number | null {
  if (place !== "ended") return null;
  const edit = recording?.status === "ready" && !recording.withheld ? recording.edit : null;
  return edit === shownEdit ? null : Math.min(10_000, Math.max(300, many * 5));
}

/** When the page of a scheduled stream changes by the clock alone, ms from now; null when it does not. */
export function nextTurnMs({ status, startsAt }: PageState, now: number): number | null {
  if (status !== "scheduled") return null;
  const start = Date.parse(startsAt);
  const before = [lobbyMs, ...soonMs, 0].map((ms) => start - ms);
  const turns = [...before, start + lateMs, start + veryLateMs].map((turn) => turn - now);
  return turns.find((ms) => ms > 0) ?? null;
}

/** So often who waits without scripts asks, the nearer the start the oftener; and no more so often when it is long past. */
export function lobbyRefreshSeconds({ startsAt }: Pick<PageState, "startsAt">, now: number): number {
  const away = Math.abs(Date.parse(startsAt) - now);
  return away > 15 * 60_000 ? 60 : away > 5 * 60_000 ? 20 : 5;
}

/** A page that stays open for days sees within so long that its stream was moved nearer or cancelled. */
const longestRefreshSeconds = 6 * 3600;

/**
 * After how many seconds a page without scripts asks again: long before the start once, when an hour is left; undefined when nothing is about to change, and while
 * somebody may be writing in the chat on it: then the chat's list asks, and says what has changed (`newsSince`).
 */
export function refreshSeconds(state: PageState, now: number): number | undefined {
  const place = placeOf(state, now);
  if (place !== "refused" && state.chat?.phase === "open") return undefined;
  if (place === "live" || place === "rehearsal") return 12;
  if (place === "lobby") return lobbyRefreshSeconds(state, now);
  if (place === "ended") {
    const { recording } = state;
    return recording && recording.status !== "ready" && recording.status !== "failed" ? 5 : undefined;
  }
  if (place === "cancelled" || state.status === "ended") return undefined;
  // Whoever is refused has no lobby to come to, and asks from its opening on.
  const from = place === "refused" ? lobbyMs : 2 * lobbyMs;
  if (place === "refused" && state.status !== "scheduled") return undefined;
  const untilThen = Math.ceil((Date.parse(state.startsAt) - from - now) / 1000);
  return Math.min(Math.max(untilThen, 60), longestRefreshSeconds);
}
