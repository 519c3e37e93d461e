import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streams
      -- What the host tells those who wait, as plain text; "" while there is nothing to tell.
      add column lobby_note text not null default '' check (char_length(lobby_note) <= 1000);
  `.execute(db);
}
