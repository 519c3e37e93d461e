import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import { isId } from "../text.ts";

/** What a provider told about mail to an address. */
export type MailEvent = {
  kind: "bounce" | "complaint";
  /** As `emailAddress` writes it. */
  address: string;
  /** Of a bounce: whether that mailbox never takes anything (a full one does again). */
  permanent: boolean;
  /** The server's code. */
  code: string;
  /** The `Message-ID` of the mail, where it is known. */
  messageId: string;
};

/**
 * Notes that nothing arrives at addresses of people here, and of those who are invited to a team, so that nothing more is
 * sent there. Others are let alone.
 */
export async function noteFailures(
  db: Kysely<Database>,
  failures: { address: string; code: string }[],
  source: "smtp" | "webhook",
): Promise<void> {
  if (failures.length === 0) return;
  await sql`
    insert into mail_failures (address, source, code)
    select distinct on (f.address) f.address, ${source}, left(f.code, 40)
    from unnest(
      ${failures.map(({ address }) => address.toLowerCase())}::text[], ${failures.map(({ code }) => code)}::text[]
    ) as f (address, code)
    where exists (select from users u where u.email = f.address)
      or exists (
        select from space_invites i where i.email = f.address and i.accepted_at is null and i.revoked_at is null
      )
    order by f.address
    on conflict (address) do nothing
  `.execute(db);
}

/** What a mail server said about an address, if it said that nothing arrives there. */
export async function findFailure(
  db: Kysely<Database>,
  address: string,
): Promise<{ code: string; failedAt: Date } | undefined> {
  return db
    .selectFrom("mail_failures")
    .select(["code", "failed_at as failedAt"])
    .where("address", "=", address)
    .executeTakeFirst();
}

/** Somebody has read a code that we sent there: the mailbox is there. */
export async function forgetFailure(db: Kysely<Database>, address: string): Promise<void> {
  await db.deleteFrom("mail_failures").where("address", "=", address).execute();
}

/**
 * Does what a provider told: a bounce for good stops mail to the address and stands at the mail that it is about, a
 * complaint unsubscribes its person from everything. Told twice, it is the same. A bounce may come before we have written
 * down that the mail was sent: it stands then, and "sent" comes too late.
 */
export async function takeMailEvents(db: Kysely<Database>, events: MailEvent[]): Promise<void> {
  const bounces = events.filter(({ kind, permanent }) => kind === "bounce" && permanent);
  await noteFailures(db, bounces, "webhook");
  for (const { address, code, messageId } of bounces) {
    const named = readMessageId(messageId);
    if (!named) continue;
    await sql`
      update mails m set outcome = 'bounced', reason = left(${code}, 60), next_at = null,
        settled_at = coalesce(m.settled_at, clock_timestamp())
      from users u
      where m.mailing_id = ${named.mailingId}::uuid and m.person_id = ${named.personId}::uuid
        and (m.outcome = 'sent' or (m.outcome is null and m.claimed_at is not null))
        and u.id = m.person_id and u.email = ${address.toLowerCase()}
    `.execute(db);
  }
  const complained = events
    .filter(({ kind }) => kind === "complaint")
    .map(({ address }) => address.toLowerCase());
  if (complained.length === 0) return;
  await sql`
    insert into mail_choices as ch (person_id, all_stopped_at)
    select id, clock_timestamp() from users where email = any(${complained}::text[])
    on conflict (person_id) do update set
      all_stopped_at = coalesce(ch.all_stopped_at, excluded.all_stopped_at), changed_at = clock_timestamp()
  `.execute(db);
}

/** The same for each person and mailing, however often it is sent: a provider or a mailbox can tell that it is one. */
export const messageIdOf = (
  { mailingId, personId }: { mailingId: string; personId: string },
  publicUrl: string,
): string => `<${mailingId}.${personId}@${new URL(publicUrl).hostname}>`;

function readMessageId(messageId: string): { mailingId: string; personId: string } | undefined {
  const [, mailingId, personId] = /^<?([\da-f-]{36})\.([\da-f-]{36})@/.exec(messageId) ?? [];
  return isId(mailingId) && isId(personId) ? { mailingId, personId } : undefined;
}
