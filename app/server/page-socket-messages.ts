import type { AccessDecision, AccessReason } from "#app/domain/access/decision.ts";
import type { Audience } from "#app/domain/presence/presence.ts";
import { databaseNow } from "#app/services/clock.ts";
import type { Seat } from "./page-socket-hall.ts";

/** Why we close a socket; `app/live/page-socket.ts` knows what follows from each. */
export const closeCodes = {
  /** The process is replaced: come back, not all at once. */
  restart: 1012,
  tooMuch: 1008,
  /** The session has ended. */
  signedOut: 4401,
  /** Access has ended. */
  refused: 4403,
  /** There is no such stream. */
  gone: 4404,
  /** The same tab opened another socket. */
  replaced: 4409,
} as const;

/** A page that does not read what it is sent is let go before it fills our memory. */
const mostBuffered = 256 * 1024;

/** Sends a state (JSON) unless it is what the page has. `at` is the database's clock when it was read. */
export function sayState(seat: Seat, json: string, at: string): void {
  if (seat.sent === json) return;
  seat.sent = json;
  say(seat, `{"type":"state","at":"${at}","state":${json}}`);
}

export function sayViewers(seat: Seat, audience: Audience): void {
  const json = `{"type":"viewers","now":${audience.now},"peak":${audience.peak},"total":${audience.total}}`;
  if (seat.viewersSent === json) return;
  seat.viewersSent = json;
  say(seat, json);
}

/** Tells when access ends by itself, when that is new. */
export function sayUntil(seat: Seat, { until, remainingMs }: AccessDecision): void {
  const iso = until?.toISOString() ?? null;
  if (seat.untilSent === iso) return;
  seat.untilSent = iso;
  say(seat, JSON.stringify({ type: "until", until: iso, remainingMs }));
}

/**
 * Tells a page whether its device was ended by another one, when that is new or was not told yet. The socket stays: the page
 * goes on without its picture. `at` is the database's clock before it was looked at.
 */
export function sayDevice(seat: Seat, ended: boolean, at: string): void {
  if (seat.deviceEnded === ended) return;
  seat.deviceEnded = ended;
  say(seat, JSON.stringify({ type: "device", ended: ended ? "other_device" : null, at }));
}

/** Tells that access has ended and why, and closes. */
export function sayAccessEnded(seat: Seat, reason: AccessReason): void {
  say(seat, JSON.stringify({ type: "access-ended", reason }));
  seat.socket.close(closeCodes.refused, "access ended");
}

/**
 * A sign of life that scripts can see, as they cannot see pings: a page behind a cut line would wait for ever. It tells
 * the database's clock, which nobody is asked for, to a page that slept or whose machine counts wrongly.
 */
export function sayBeat(seat: Seat): void {
  say(seat, `{"type":"beat","at":"${new Date(databaseNow()).toISOString()}"}`);
}

/** Sends what is already JSON. */
export function sayText(seat: Seat, text: string): void {
  say(seat, text);
}

function say({ socket }: Seat, text: string): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > mostBuffered) socket.terminate();
  else socket.send(text);
}
