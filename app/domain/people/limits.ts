import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import { CompiledQuery } from "kysely";
import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import type { Db } from "#db/client.ts";

const quarter = 15 * 60;
const day = 24 * 60 * 60;

/**
 * How often something may happen: `points` in `seconds`. Many people share one network address (a campus, an office),
 * so what is counted by it is generous; what protects one account is counted by account.
 */
const budgets = {
  "codes.network": { points: 100, seconds: quarter },
  "codes.all": { points: 3000, seconds: quarter },
  "tries.network": { points: 150, seconds: quarter },
  "tries.all": { points: 6000, seconds: quarter },
  /** Wrong codes for one address from browsers that have never signed in to it. */
  "tries.address": { points: 25, seconds: day },
  /** Letters to one person about sign-ins from browsers that are new to them. */
  "sign-ins.person": { points: 5, seconds: day },
  "drafts.network": { points: 120, seconds: quarter },
  "invites.space": { points: 60, seconds: day },
  "invites.address": { points: 8, seconds: day },
  /** Files of people who are to get a pass. */
  "imports.space": { points: 60, seconds: day },
  /** Invitations opened that there are not. */
  "invites.network": { points: 120, seconds: quarter },
  /** Passes taken, or tried, by links. */
  "links.person": { points: 40, seconds: quarter },
  /** Devices that are to watch instead of others. */
  "devices.person": { points: 60, seconds: quarter },
  /** Of one person for one pass. */
  "requests.pass": { points: 5, seconds: day },
  /** Messages to programs of a space that somebody has sent by hand, new ones and those sent again. */
  "webhook-messages.space": { points: 60, seconds: quarter },
  /** Requests of programs. Those of one address may use several keys. */
  "api.key": { points: 600, seconds: 60 },
  "api.network": { points: 1800, seconds: 60 },
} as const;

export type Budget = keyof typeof budgets;
export type Taken = { ok: true; left: number; resetSeconds: number } | { ok: false; waitSeconds: number };

/** How often something may happen, and in how many seconds. */
export const budgetOf = (budget: Budget): { points: number; seconds: number } => budgets[budget];

/**
 * Takes one from a budget: yes, with what is left until it is full again, or for how many seconds there is nothing left. `of` is the address, space or network
 * that it belongs to; it is stored as a hash. A network address of IPv6 counts by its first 64 bits, which is what one
 * customer has.
 */
export async function takeFrom(db: Db, budget: Budget, of: string): Promise<Taken> {
  try {
    const { remainingPoints, msBeforeNext } = await limiter(db, budget).consume(keyFor(budget, of));
    return { ok: true, left: remainingPoints, resetSeconds: Math.ceil(msBeforeNext / 1000) };
  } catch (refused) {
    return { ok: false, waitSeconds: waitSecondsOf(refused) };
  }
}

/** How long a limiter that refused wants one to wait; whatever else it threw is thrown. */
export function waitSecondsOf(refused: unknown): number {
  if (!(refused instanceof RateLimiterRes)) throw refused;
  return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
}

/** Whether a budget is used up, without taking from it. */
export async function isUsedUp(db: Db, budget: Budget, of: string): Promise<boolean> {
  const found = await limiter(db, budget).get(keyFor(budget, of));
  return found !== null && found.consumedPoints >= budgets[budget].points;
}

function limiter(db: Db, budget: Budget) {
  const { points, seconds } = budgets[budget];
  // Only what its Postgres store uses of a client; named statements are the pool's business.
  const storeClient = {
    async query({ text, values }: { text: string; values: unknown[] }) {
      const { rows } = await db.executeQuery(CompiledQuery.raw(text, values));
      return { rows, rowCount: rows.length };
    },
  };
  return new RateLimiterPostgres({
    storeClient,
    storeType: "client",
    tableName: "rate_limits",
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix: budget,
    points,
    duration: seconds,
  });
}

function keyFor(budget: Budget, of: string): string {
  const named = budget.endsWith(".network") ? networkOf(of) : of;
  return createHash("sha256").update(named).digest("base64url");
}

/** The network that an address stands for: itself, or for IPv6 its first 64 bits. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.toLowerCase().split("::");
  const before = head.split(":").filter(Boolean);
  const after = (tail ?? "").split(":").filter(Boolean);
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
