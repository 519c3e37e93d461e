import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { type Claim, claimRows, claimSeconds, keyOf } from "./due.ts";

const renewMs = 4_000;

/**
 * The claims that this process holds: while it lives they do not run out, however slow a mail server is, and when it dies they
 * soon do. `hold` and `release` are told what was taken and what is settled or put back; `stop` ends it.
 */
export function createHeld({ db, log }: Pick<Services, "db" | "log">) {
  const held = new Map<string, Claim>();
  const timer = setInterval(() => {
    if (held.size > 0)
      renew({ db }, [...held.values()]).catch((error: unknown) =>
        log.warn({ err: error }, "claims of mail were not renewed"),
      );
  }, renewMs);
  timer.unref();
  return {
    hold(claims: Claim[]) {
      for (const claim of claims) held.set(keyOf(claim), claim);
    },
    release(claims: Claim[]) {
      for (const claim of claims) held.delete(keyOf(claim));
    },
    stop: () => clearInterval(timer),
  };
}

export type Held = ReturnType<typeof createHeld>;

async function renew({ db }: Pick<Services, "db">, claims: Claim[]): Promise<void> {
  await sql`
    update mails m set next_at = clock_timestamp() + make_interval(secs => ${claimSeconds})
    from ${claimRows(claims)}
    where m.mailing_id = k.mailing_id and m.person_id = k.person_id and m.claims = k.claims and m.outcome is null
  `.execute(db);
}
