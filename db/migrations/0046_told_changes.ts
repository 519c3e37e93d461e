import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- How often its name or address was changed, and when last: what is said of its streams elsewhere has them in it. Beside
    -- the streams' own edit_version, which is what their editors began with: nobody of them saved anything.
    alter table spaces add column renames integer not null default 0, add column renamed_at timestamptz;
    alter table experiences add column renames integer not null default 0, add column renamed_at timestamptz;

    create function note_rename() returns trigger language plpgsql as $$
      begin
        new.renames := old.renames + 1;
        new.renamed_at := clock_timestamp();
        return new;
      end
    $$;
    create trigger spaces_renamed before update on spaces for each row
      when ((new.name, new.slug) is distinct from (old.name, old.slug))
      execute function note_rename();
    create trigger experiences_renamed before update on experiences for each row
      when ((new.name, new.slug) is distinct from (old.name, old.slug))
      execute function note_rename();

    -- The few that are switched off are found without a look at each of those who come to a stream.
    create index users_disabled on users (id) where disabled_at is not null;

    -- When there last began or ceased to be a replay of it for people to watch: ready, hidden, deleted, shown again. Null
    -- where there never was one. hidden_at and deleted_at are forgotten when it is shown again.
    alter table streaming_recordings add column shown_or_not_at timestamptz;
    update streaming_recordings set shown_or_not_at = greatest(ready_at, hidden_at, deleted_at) where ready_at is not null;

    create function note_shown_or_not() returns trigger language plpgsql as $$
      begin
        new.shown_or_not_at := clock_timestamp();
        return new;
      end
    $$;
    create trigger streaming_recordings_begun before insert on streaming_recordings for each row
      when (new.status = 'ready' and new.hidden_at is null and new.deleted_at is null)
      execute function note_shown_or_not();
    create trigger streaming_recordings_shown_or_not before update on streaming_recordings for each row
      when ((old.status = 'ready' and old.hidden_at is null and old.deleted_at is null)
        <> (new.status = 'ready' and new.hidden_at is null and new.deleted_at is null))
      execute function note_shown_or_not();
  `.execute(db);
}
