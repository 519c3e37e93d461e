import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A decoy is a code that nobody was sent: the page looks the same when an address has had its share of mail.
    -- Proven: asked for by a browser that had shown that the mailbox is its person's, so strangers cannot use it up.
    alter table sign_in_codes
      add column decoy boolean not null default false,
      add column proven boolean not null default false,
      add column mail_failed_at timestamptz;
    create index sign_in_codes_email on sign_in_codes (email, created_at);

    -- What somebody had typed into a form when their session was over, until they are back.
    create table form_drafts (
      id uuid primary key default uuidv7(),
      browser_hash bytea not null,
      user_id uuid references users on delete cascade,
      path text not null check (length(path) <= 2000),
      typed jsonb not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index form_drafts_browser on form_drafts (browser_hash);
    create index form_drafts_expires on form_drafts (expires_at);
  `.execute(db);
}
