import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { deleteOldImports } from "../grant-imports/retention.ts";
import { deleteStaleSignIns } from "../people/sign-in-codes.ts";

/**
 * Deletes what nobody needs any more: used-up sign-in codes and sessions, webhooks that were worked on, and presence of
 * pages that were never open while their stream was live (the rest is who was there, and counts), answers of the API
 * that were kept for a day, what was sent to other people's servers a month ago, and lists of people that were imported or forgotten. A thousand rows at a time, so that it never holds a table for long. A busy chat sends hundreds of webhooks in a second, and what they say
 * is in our rows: they are kept for two days, so that one that is sent again is known. What was mailed about a stream goes half a
 * year after it was due.
 */
export async function deleteOld(db: Db): Promise<void> {
  await deleteStaleSignIns(db);
  await sql`delete from sessions where id in (
    select id from sessions
    where coalesce(ended_at, expires_at) < now() - interval '30 days'
      or last_seen_at < now() - interval '90 days' limit 1000)`.execute(db);
  await untilNone(() =>
    sql`delete from webhook_events where (provider, event_id) in (
      select provider, event_id from webhook_events
      where received_at < now() - interval '30 days'
        or (provider = 'chat' and received_at < now() - interval '2 days') limit 1000) returning 1`.execute(
      db,
    ),
  );
  await untilNone(() =>
    sql`delete from api_idempotency_keys where (space_id, key) in (
      select space_id, key from api_idempotency_keys
      where created_at < now() - interval '1 day' limit 1000) returning 1`.execute(db),
  );
  await untilNone(() =>
    sql`delete from webhook_messages where id in (
      select m.id from webhook_messages m where m.created_at < now() - interval '30 days' and not exists (
        select from webhook_deliveries d where d.message_id = m.id and d.status = 'waiting'
      ) limit 1000) returning 1`.execute(db),
  );
  const oldMailing = sql`
    select id from mailings where due_at < now() - interval '180 days' and expires_at < now() order by due_at limit 20
  `;
  await untilNone(() =>
    sql`delete from mails where (mailing_id, person_id) in (
      select m.mailing_id, m.person_id from mails m where m.mailing_id in (${oldMailing}) limit 1000) returning 1`.execute(
      db,
    ),
  );
  await untilNone(() => sql`delete from mailings where id in (${oldMailing}) returning 1`.execute(db));
  await deleteOldImports(db);
  await sql`delete from stream_presence where (stream_id, user_id, tab) in (
    select stream_id, user_id, tab from stream_presence
    where not seen_live and last_seen < now() - interval '1 day' limit 1000)`.execute(db);
}

async function untilNone(deleteSome: () => Promise<{ rows: unknown[] }>): Promise<void> {
  while ((await deleteSome()).rows.length > 0);
}
