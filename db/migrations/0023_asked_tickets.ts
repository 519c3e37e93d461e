import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- When a ticket was last given for this identity: until it is used up, its holder may be on the way into the room.
    alter table stream_participants add column asked_at timestamptz not null default now();
  `.execute(db);
}
