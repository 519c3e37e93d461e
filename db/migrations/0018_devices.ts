import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- On how many devices at once one grant watches.
    alter table access_passes add column most_devices integer not null default 2 check (most_devices between 1 and 10);

    -- A device is a session. It has its place while it was seen a moment ago, until another one takes it (ended_at).
    create table access_grant_devices (
      access_grant_id uuid not null references access_grants on delete cascade,
      session_id uuid not null references sessions on delete cascade,
      -- What it watched last.
      stream_id uuid not null references streams on delete cascade,
      taken_at timestamptz not null default clock_timestamp(),
      seen_at timestamptz not null default clock_timestamp(),
      ended_at timestamptz,
      primary key (access_grant_id, session_id)
    );
    -- For what goes with a session or a stream, and for taking a device's picture out of rooms.
    create index access_grant_devices_session on access_grant_devices (session_id);
    create index access_grant_devices_stream on access_grant_devices (stream_id);
  `.execute(db);
}
