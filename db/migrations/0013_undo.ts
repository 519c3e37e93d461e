import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Who deleted it: an author does not undo what a moderator did.
    alter table streaming_chat_messages add column hidden_by uuid references users;
  `.execute(db);
}
