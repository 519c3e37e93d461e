import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table streaming_chat_rooms
      -- Somebody may not be in the channel any more since then, whose own client may go on hearing it: nothing is said there.
      add column move_wanted_at timestamptz,
      -- The chat went to the channel that it has now, and open pages were told.
      add column moved_at timestamptz,
      add column told_at timestamptz,
      -- A worker has begun to let everybody in there.
      add column following_at timestamptz;
    create index streaming_chat_rooms_moving on streaming_chat_rooms (stream_id)
      where move_wanted_at is not null or moved_at is not null;

    -- Where a stream's chat was before, until the chat service has deleted it.
    create table streaming_chat_former_channels (
      channel_id text primary key,
      stream_id uuid not null references streams on delete cascade,
      left_at timestamptz not null default clock_timestamp()
    );
    create index streaming_chat_former_channels_of_stream on streaming_chat_former_channels (stream_id);

    -- Taken out by us, and by the chat service, too.
    alter table streaming_chat_members add column gone_at timestamptz;
    update streaming_chat_members set gone_at = removed_at;
    create index streaming_chat_members_leaving on streaming_chat_members (stream_id)
      where removed_at is not null and gone_at is null;

    alter table moderation_acts add column tried_at timestamptz;
    create index webhook_events_received on webhook_events (received_at);

    -- The channel in which the chat service has it.
    alter table streaming_chat_messages add column channel_id text;
    update streaming_chat_messages m set channel_id = r.channel_id from streaming_chat_rooms r
      where r.stream_id = m.stream_id and m.delivered_at is not null;
  `.execute(db);
}
