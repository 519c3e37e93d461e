import { sql } from "kysely";
import type { Db } from "#db/client.ts";

/**
 * Everything that people's forms could change, and every job that one could cause, as one text: to see that nothing did.
 * Who is there is left out, with the peak of it: reading a page of a live stream counts.
 */
export async function everything(db: Db): Promise<string> {
  const { rows } = await sql<{ all: string }>`
    select jsonb_build_array(
      (select jsonb_agg(to_jsonb(t) order by t.id) from users t),
      (select jsonb_agg(to_jsonb(t) order by t.user_id) from creators_profiles t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from spaces t),
      (select jsonb_agg(to_jsonb(t) order by t.space_id, t.user_id) from space_members t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from space_invites t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from experiences t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from access_passes t),
      (select jsonb_agg(to_jsonb(t) order by t.access_pass_id, t.experience_id) from access_pass_experiences t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from access_grants t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from access_grant_events t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from access_grant_imports t),
      (select jsonb_agg(to_jsonb(t) order by t.access_grant_import_id, t.number) from access_grant_import_lines t),
      (select jsonb_agg(to_jsonb(t) - 'seen_at' order by t.access_grant_id, t.session_id) from access_grant_devices t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from access_pass_links t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from access_pass_waits t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from access_pass_requests t),
      (select jsonb_agg(to_jsonb(t) - 'peak_viewers' order by t.id) from streams t),
      (select jsonb_agg(to_jsonb(t) order by t.stream_id, t.schedule_version) from stream_former_starts t),
      (select jsonb_agg(to_jsonb(t) order by t.stream_id, t.person_id) from coming t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from follows t),
      (select jsonb_agg(to_jsonb(t) order by t.person_id) from calendar_feeds t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from stream_series t),
      (select jsonb_agg(to_jsonb(t) order by t.person_id) from mail_choices t),
      (select jsonb_agg(to_jsonb(t) order by t.address) from mail_failures t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from mailings t),
      (select jsonb_agg(to_jsonb(t) order by t.mailing_id, t.person_id) from mails t),
      (select jsonb_agg(to_jsonb(t) order by t.stream_id) from stream_host_leases t),
      (select jsonb_agg(to_jsonb(t) - 'asked_at' - 'signal_seen_at' order by t.identity) from stream_participants t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from streaming_recordings t),
      (select jsonb_agg(to_jsonb(t) order by t.recording_id, t.number) from streaming_recording_edits t),
      (select jsonb_agg(to_jsonb(t) order by t.recording_id, t.at_ms) from streaming_recording_chapters t),
      (select jsonb_agg(to_jsonb(t) order by t.recording_id, t.language) from streaming_recording_captions t),
      (select jsonb_agg(to_jsonb(t) order by t.recording_id, t.kind, t.since) from streaming_recording_blanks t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from space_bans t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from moderation_acts t),
      (select jsonb_agg(to_jsonb(t) - 'away_since' - 'compared_at' - 'members_compared_at' order by t.stream_id) from streaming_chat_rooms t),
      (select jsonb_agg(to_jsonb(t) - 'delivered_at' order by t.id) from streaming_chat_messages t),
      (select jsonb_agg(to_jsonb(t) - 'delivered_at' order by t.message_id, t.user_id, t.kind) from streaming_chat_reactions t),
      (select jsonb_agg(to_jsonb(t) order by t.stream_id, t.user_id) from streaming_chat_members t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from streaming_chat_timeouts t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from streaming_chat_reports t),
      (select jsonb_agg(to_jsonb(t) order by t.space_id) from space_blocked_words t),
      (select jsonb_agg(to_jsonb(t) order by t.user_id, t.recording_id) from replay_positions t),
      (select jsonb_agg(to_jsonb(t) - 'last_used_at' order by t.id) from api_keys t),
      (select jsonb_agg(to_jsonb(t) order by t.space_id, t.key) from api_idempotency_keys t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from webhook_endpoints t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from webhook_messages t),
      (select jsonb_agg(to_jsonb(t) order by t.id) from webhook_deliveries t),
      (select count(*) from sessions where ended_at is null),
      (select count(*) from sign_in_codes),
      (select count(*) from webhook_events),
      (select count(*) from pgboss.job)
    )::text as all
  `.execute(db);
  return rows[0]!.all;
}
