import { RateLimiterMemory } from "rate-limiter-flexible";
import { networkOf, waitSecondsOf } from "#app/domain/people/limits.ts";

const minute = 60;
/**
 * A campus, an office or a phone company may be one network address, and thousands of its people come in the minute in
 * which a stream begins: 10,000 of them, each three times, for what was lost on the way. It is as much as a process of
 * ours can answer, so that one address does not keep everybody else's questions back.
 */
const crowd = { points: 30_000, duration: minute };

/**
 * How often one person, one session or one network may ask, whatever the answer is: far more than anybody does by hand.
 * Each costs this process something and a service behind it, so it is counted here, in this process, and not in the
 * database, where the counting would cost as much.
 */
const budgets = {
  "message.person": { points: 20, duration: 10 },
  "reaction.person": { points: 30, duration: 10 },
  "chat-pass.person": { points: 30, duration: minute },
  /** A tab asks once when it comes, and again with growing pauses while the room does not take it: up to 20 tabs. */
  "ticket.session": { points: 120, duration: minute },
  "claim.person": { points: 20, duration: minute },
  "wait.person": { points: 20, duration: minute },
  "coming.person": { points: 30, duration: minute },
  "follow.person": { points: 60, duration: minute },
  /** A calendar program looks a few times an hour, and several of one person may use the same address. */
  "feed.code": { points: 12, duration: minute },
  /** Services that look for all their customers come from a few addresses. */
  "calendar.network": { points: 6_000, duration: minute },
  /** A client that comes back tries ten times in 45 s, and each try is asked about once more. */
  "gate.session": { points: 60, duration: minute },
  /** Each of 20 tabs comes back with growing pauses, which begin below a second. */
  "socket.session": { points: 200, duration: minute },
  /** Segments of two seconds: what is played at double speed in a dozen tabs, and fetched ahead and sought in. */
  "media.session": { points: 3_000, duration: minute },
  "gate.network": crowd,
  "socket.network": crowd,
  /** Forms and what scripts send: tickets, messages, reactions, places in a replay. */
  "sent.network": { points: 60_000, duration: minute },
  /** 3,000 who replay ask for 90,000 segments in a minute. */
  "media.network": { points: 150_000, duration: minute },
  /** Pictures, feeds and sitemaps: a messenger asks for each from a few addresses, and a crawler for one after the other. */
  "announced.network": { points: 3_000, duration: minute },
} as const;

export type TurnKind = keyof typeof budgets;
/** `first`: nobody was refused for this since the last pause; the others need no line in the log. */
export type NoTurn = { waitSeconds: number; first: boolean };
export type TooFast = { ok: false; reason: "too_fast"; message: string; waitSeconds: number };

const limiters = Object.fromEntries(
  Object.entries(budgets).map(([kind, budget]) => [
    kind,
    new RateLimiterMemory({ keyPrefix: kind, ...budget }),
  ]),
) as Record<TurnKind, RateLimiterMemory>;

/** How often one may ask, and in how many seconds. */
export const turnsOf = (kind: TurnKind): { points: number; duration: number } => budgets[kind];

/** Takes a turn of this person, session or network (an address); undefined, or for how long there is none. */
export async function countTurn(kind: TurnKind, of: string): Promise<NoTurn | undefined> {
  try {
    await limiters[kind].consume(kind.endsWith(".network") ? networkOf(of) : of);
    return undefined;
  } catch (refused) {
    const waitSeconds = waitSecondsOf(refused);
    const { consumedPoints } = refused as { consumedPoints: number };
    return { waitSeconds, first: consumedPoints === budgets[kind].points + 1 };
  }
}

/** The same for a script that shows the sentence; undefined, or why not. */
export async function takeTurn(kind: TurnKind, of: string): Promise<TooFast | undefined> {
  const refused = await countTurn(kind, of);
  if (!refused) return undefined;
  const { waitSeconds } = refused;
  return { ok: false, reason: "too_fast", message: "That is too fast. Please wait a moment.", waitSeconds };
}
