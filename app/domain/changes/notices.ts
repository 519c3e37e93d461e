import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";

/** What open pages are told through Postgres: something about this stream, or about this person's access, changed. */
export type ChangeNotice =
  | { kind: "stream"; streamId: string }
  /** Who may be at this stream may have changed for anybody. */
  | { kind: "access"; streamId: string }
  | { kind: "person"; userId: string }
  | ChatNotice
  /** Somebody's time-out began or ended. */
  | { kind: "silence"; streamId: string; userId: string };

/** Messages (ids) that pages must show now, or hide now. At most a hundred: a notice is below 8,000 bytes. */
export type ChatNotice = { kind: "chat"; streamId: string; shown?: string[]; gone?: string[] };

export const changeChannel = "frontrow_changes";

/**
 * Tells every web process that a stream's state changed, that a person's access may have, or what became of messages. Sent with the transaction:
 * nobody hears of what did not happen. Carries no state: whoever hears it reads the truth again.
 */
export async function notifyChange(db: Kysely<Database>, notice: ChangeNotice): Promise<void> {
  await sql`select pg_notify(${changeChannel}, ${JSON.stringify(notice)})`.execute(db);
}

/** Tells that the access of each of these people may have changed. */
export async function notifyPeople(db: Kysely<Database>, userIds: string[]): Promise<void> {
  await sql`
    select pg_notify(${changeChannel}, json_build_object('kind', 'person', 'userId', id)::text)
    from unnest(${userIds}::uuid[]) as id
  `.execute(db);
}

/**
 * Tells open pages of these experiences' streams to ask again who may be there: what a pass opens has changed, for
 * everybody who holds it.
 */
export async function notifyStreamsOf(db: Kysely<Database>, experienceIds: string[]): Promise<void> {
  if (experienceIds.length === 0) return;
  await sql`
    select pg_notify(${changeChannel}, json_build_object('kind', 'access', 'streamId', id)::text)
    from streams where experience_id = any(${experienceIds}::uuid[]) and status <> 'cancelled'
  `.execute(db);
}
