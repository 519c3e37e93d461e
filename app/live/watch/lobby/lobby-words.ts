import type { PageState } from "../../page-messages.ts";
import { lateMs, lobbyMs, soonMs, veryLateMs } from "../place.ts";

type Waiting = Pick<PageState, "startsAt" | "preparing">;

/** What is said on the stage of somebody who waits; `expect` is what to expect when the start has passed ("" before). */
export function lobbyWords({ startsAt, preparing }: Waiting, now: number): { said: string; expect: string } {
  const lateBy = now - Date.parse(startsAt);
  const host = preparing ? " The host is preparing." : "";
  if (lateBy < -lobbyMs) return { said: "The doors open 30 minutes before it starts.", expect: "" };
  if (lateBy < 0) return { said: `Doors are open.${host}`, expect: "" };
  if (lateBy < lateMs) return { said: `Doors are open. It begins any moment.${host}`, expect: "" };
  if (lateBy < veryLateMs || preparing)
    return {
      said: `It starts a little later.${host}`,
      expect: "Stay if you can. If it is moved or cancelled, this page says so at once.",
    };
  return {
    said: "It has not started.",
    expect:
      "The host has not begun it, and has neither moved nor cancelled it. You need not wait here: this page says what becomes of it.",
  };
}

/** What a screen reader is told of the time, some minutes before the start and not each second; "" in between. */
export function soonWords({ startsAt }: Pick<PageState, "startsAt">, now: number): string {
  const left = Date.parse(startsAt) - now;
  if (left <= 0) return "";
  const minutes = soonMs.map((ms) => ms / 60_000).filter((count) => left <= count * 60_000);
  const least = minutes.at(-1);
  if (least === undefined) return "";
  return least === 1 ? "It starts in less than a minute." : `It starts in less than ${least} minutes.`;
}
