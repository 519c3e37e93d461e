import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- When a signal gate last had a socket of this participant.
    alter table stream_participants add column signal_seen_at timestamptz;

    -- Whether a gate is there at all, and since when without a break.
    create table signal_gate_watch (
      only_one boolean primary key default true check (only_one),
      since timestamptz not null,
      seen_at timestamptz not null
    );
  `.execute(db);
}
