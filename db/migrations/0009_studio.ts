import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- That some web process is listening to the studios' sockets at all, and since when without a break. While none is,
    -- a silent host means nothing.
    create table stream_host_watch (
      only_one boolean primary key default true check (only_one),
      since timestamptz not null,
      seen_at timestamptz not null
    );
  `.execute(db);
}
