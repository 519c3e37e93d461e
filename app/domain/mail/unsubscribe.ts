import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { linkCode, readLinkCode } from "../people/link-codes.ts";
import { isMailChoice, type MailChoice } from "./kinds.ts";

/** Where one person stops one kind of mail, signed: nobody guesses it, and it opens nothing else. */
export function stopPath(secrets: string[], personId: string, choice: MailChoice): string {
  return `/mail/unsubscribe/${choice}/${linkCode(secrets, `unsubscribe:${choice}`, personId)}`;
}

export type Stoppable = {
  personId: string;
  email: string;
  choice: MailChoice;
  stopped: boolean;
  all: boolean;
};

/**
 * Whose mail of which kind an address is about. Undefined for one that we did not make (or whose secret was taken back), and for
 * somebody who is not there any more. Changes nothing: programs open addresses, too.
 */
export async function findStoppable(
  db: Db,
  secrets: string[],
  { choice, code }: { choice: string | undefined; code: string | undefined },
): Promise<Stoppable | undefined> {
  if (!isMailChoice(choice)) return undefined;
  const personId = readLinkCode(secrets, `unsubscribe:${choice}`, code);
  if (!personId) return undefined;
  const { rows } = await sql<{ email: string; stopped: boolean; all: boolean }>`
    select u.email, coalesce(${choice} = any(ch.stopped), false) as stopped, ch.all_stopped_at is not null as all
    from users u left join mail_choices ch on ch.person_id = u.id where u.id = ${personId}::uuid
  `.execute(db);
  return rows[0] && { personId, choice, ...rows[0] };
}

/** Stops one kind of mail to somebody, or (`"all"`) everything but what they ask for themselves. For good, until they choose otherwise. */
export async function stopMail(db: Db, personId: string, what: MailChoice | "all"): Promise<void> {
  const stopped = what === "all" ? [] : [what];
  const allAt = what === "all" ? sql`clock_timestamp()` : sql`null::timestamptz`;
  await sql`
    insert into mail_choices as ch (person_id, stopped, all_stopped_at)
    select id, ${stopped}::text[], ${allAt} from users where id = ${personId}::uuid
    on conflict (person_id) do update set
      stopped = case when ${stopped}::text[] <@ ch.stopped then ch.stopped else ch.stopped || ${stopped}::text[] end,
      -- It is chosen, not only not stopped: who looks at their choices sees that it is not.
      live = ch.live and ${what} <> 'live',
      all_stopped_at = coalesce(ch.all_stopped_at, excluded.all_stopped_at), changed_at = clock_timestamp()
  `.execute(db);
}
