import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Made anew, not added to: a value that is added cannot be used before this transaction has ended.
    alter type webhook_endpoint_off_reason rename to webhook_endpoint_off_reason_before;
    create type webhook_endpoint_off_reason as enum ('gone', 'dead', 'owner_left');
    alter table webhook_endpoints
      alter column off_reason type webhook_endpoint_off_reason using off_reason::text::webhook_endpoint_off_reason;
    drop type webhook_endpoint_off_reason_before;

    -- Revoked because who made it is no owner any more, and when the owners who are left were written to about it.
    alter table access_pass_links
      add column owner_left boolean not null default false,
      add column revocation_mailed_at timestamptz,
      add check (revoked_at is not null or not owner_left);

    -- What those made who had stopped being owners before this was looked at.
    with off as (
      update webhook_endpoints e set off_at = now(), off_reason = 'owner_left'
      where e.off_at is null and not exists (
        select from space_members m where m.space_id = e.space_id and m.user_id = e.made_by and m.role = 'owner')
      returning e.id
    )
    update webhook_deliveries set status = 'given_up', next_try_at = null, ended_at = now()
    where status = 'waiting' and endpoint_id in (select id from off);

    update access_pass_links l set revoked_at = now(), revoked_by = l.made_by, owner_left = true
    from access_passes p
    where p.id = l.access_pass_id and l.revoked_at is null and not exists (
      select from space_members m where m.space_id = p.space_id and m.user_id = l.made_by and m.role = 'owner');

    -- Long lists of members cost many calls: they are compared more seldom than what was said.
    alter table streaming_chat_rooms
      add column members_compared_at timestamptz not null default clock_timestamp();
  `.execute(db);
}
