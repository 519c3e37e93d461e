import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Revoked because who made it is no owner any more, and when the owners who are left were written to about it.
    alter table api_keys
      add column owner_left boolean not null default false,
      add column revocation_mailed_at timestamptz,
      add check (revoked_at is not null or not owner_left);

    -- Those of earlier former owners did not work already; they do not work again either when who made them comes back.
    update api_keys k set revoked_at = now(), revoked_by = k.made_by, owner_left = true
    where k.revoked_at is null and not exists (
      select from space_members m where m.space_id = k.space_id and m.user_id = k.made_by and m.role = 'owner');
  `.execute(db);
}
