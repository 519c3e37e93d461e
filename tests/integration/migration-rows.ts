const id = (number: number) => `'00000000-0000-7000-8000-${String(number).padStart(12, "0")}'`;
const [person, session, space, experience, pass, stream, recording, attempt, act, message, monthly] = [
  1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12,
].map(id);
const [endpoint, event, link, list, mailing] = [16, 17, 18, 19, 21].map(id);
const series = id(44);

/** For each migration, rows as they could stand in every table that it made. Frozen with it. */
export const rowsAfter: Record<string, string> = {
  "0001_people": `
    insert into users (id, email, name, time_zone, first_signed_in_at) values (${person}, 'ada@example.com', 'Ada', 'Europe/Berlin', now());
    insert into sessions (id, token_hash, user_id, user_agent, expires_at) values (${session}, '\\x01', ${person}, 'a browser', now() + interval '1 day');
    insert into sign_in_codes (email, code_hash, browser_hash, tries, expires_at) values ('ada@example.com', 'a hash', '\\x02', 3, now());
    insert into rate_limits (key, points, expire) values ('a key', 3, 1800000000000);
    insert into creators_profiles (user_id, username, bio) values (${person}, 'ada', 'Counts.');`,
  "0002_spaces": `
    insert into spaces (id, slug, name, created_by) values (${space}, 'a-space', 'A space', ${person});
    insert into space_members (space_id, user_id, role) values (${space}, ${person}, 'owner');
    insert into space_invites (space_id, email, role, invited_by, expires_at) values (${space}, 'bob@example.com', 'host', ${person}, now());
    insert into space_bans (space_id, user_id, banned_by, reason) values (${space}, ${person}, ${person}, 'for the test');
    insert into experiences (id, space_id, slug, name) values (${experience}, ${space}, 'series', 'A series');`,
  "0003_access": `
    insert into access_passes (id, space_id, slug, name, term, term_until) values (${pass}, ${space}, 'pass', 'A pass', 'until', '2030-01-01');
    insert into access_pass_experiences (access_pass_id, experience_id) values (${pass}, ${experience});
    insert into access_grants (access_pass_id, user_id, source, ends_at) values (${pass}, ${person}, 'claim', now() + interval '1 day');
    insert into access_grants (access_pass_id, user_id, source, status) values (${pass}, ${person}, 'given', 'refunded');`,
  "0004_streams": `
    insert into streams (id, experience_id, slug, title, status, starts_at, wall_time, time_zone, length_minutes, created_by, live_at)
      values (${stream}, ${experience}, 'first', 'The first', 'live', now(), '2026-11-01T20:00', 'Europe/Berlin', 60, ${person}, now());
    insert into streams (experience_id, slug, title, starts_at, wall_time, time_zone, length_minutes, created_by)
      values (${experience}, 'second', 'The second', now(), '2026-12-01T20:00', 'Asia/Kathmandu', 90, ${person});
    insert into stream_host_leases (stream_id, user_id, session_id, tab) values (${stream}, ${person}, ${session}, 'tab-of-ada');
    insert into stream_participants (identity, stream_id, user_id, session_id, tab, role) values ('p-1', ${stream}, ${person}, ${session}, 'tab-of-ada', 'host');
    insert into stream_presence (stream_id, user_id, tab, audience, seen_live) values (${stream}, ${person}, 'tab-of-ada', true, true);`,
  "0005_recordings": `
    insert into streaming_recordings (id, stream_id, status, started_at) values (${recording}, ${stream}, 'recording', now());
    insert into streaming_recordings (stream_id, status, ready_at, duration_ms, bytes) values (${stream}, 'ready', now(), 60000, 5000000000);
    insert into streaming_recording_attempts (id, recording_id, number, prefix, egress_id, status) values (${attempt}, ${recording}, 1, 'recordings/1/', 'EG_1', 'active');
    insert into streaming_recording_segments (attempt_id, number, key, bytes, first_pts, duration_ticks) values (${attempt}, 0, 'recordings/1/seg_00000.ts', 1000, 324000000, 180000);
    insert into streaming_recording_exports (recording_id, kind, status, progress) values (${recording}, 'mp4', 'running', 0.5);
    insert into replay_positions (user_id, recording_id, position_ms) values (${person}, ${recording}, 42000);
    insert into webhook_events (provider, event_id, kind, body) values ('livekit', 'EV_1', 'room_started', '{"id": "EV_1"}');`,
  "0006_people": `
    insert into form_drafts (browser_hash, user_id, path, typed, expires_at) values ('\\x02', ${person}, '/account/streams/new', '{"title": "Half"}', now());`,
  "0007_addresses": `insert into space_former_slugs (slug, space_id) values ('once-here', ${space});`,
  "0008_schedule": `update streams set form_key = ${id(9)}, edited_by = ${person} where slug = 'second';`,
  "0009_studio": `insert into stream_host_watch (since, seen_at) values (now(), now());`,
  "0010_watch": `insert into stream_audiences (stream_id, viewers_now, viewers_total, counted_at) values (${stream}, 3, 5, now());`,
  "0011_recording_work": `
    insert into streaming_recording_steps (recording_id, step) values (${recording}, 'playlist');
    insert into worker_ticks (name) values ('a task');`,
  "0012_chat": `
    insert into moderation_acts (id, space_id, stream_id, kind, actor_id, target_user_id, reason, until)
      values (${act}, ${space}, ${stream}, 'timed_out', ${person}, ${person}, 'for the test', now());
    insert into streaming_chat_rooms (stream_id, made_at, slow_mode_seconds, last_number) values (${stream}, now(), 10, 1);
    insert into streaming_chat_messages (id, stream_id, number, user_id, role, text, said_at) values (${message}, ${stream}, 1, ${person}, 'host', 'Hello', now());
    insert into streaming_chat_reactions (message_id, user_id, kind) values (${message}, ${person}, 'heart');
    insert into streaming_chat_members (stream_id, user_id) values (${stream}, ${person});
    insert into streaming_chat_timeouts (stream_id, user_id, until, act_id) values (${stream}, ${person}, now(), ${act});
    insert into streaming_chat_reports (stream_id, message_id, reported_by, reason) values (${stream}, ${message}, ${person}, 'for the test');
    insert into space_blocked_words (space_id, lines, changed_by) values (${space}, '{bad,*worse*}', ${person});
    insert into space_bans (space_id, stream_id, user_id, banned_by, act_id, ends_at) values (${space}, ${stream}, ${person}, ${person}, ${act}, now());`,
  "0013_undo": `update streaming_chat_messages set status = 'hidden', hidden_at = now(), hidden_by = ${person} where id = ${message};`,
  "0014_chat_moves": `
    update streaming_chat_rooms set moved_at = now(), told_at = now(), move_wanted_at = now() where stream_id = ${stream};
    insert into streaming_chat_former_channels (channel_id, stream_id) values ('before', ${stream});
    update streaming_chat_messages set channel_id = 'before' where id = ${message};
  `,
  "0015_passes": `
    insert into access_passes (id, space_id, slug, name, term, term_months, term_time_zone, price_minor, stock, sale_starts_at, sale_ends_at, on_sale)
      values (${monthly}, ${space}, 'monthly', 'Monthly', 'months', 1, 'Europe/Berlin', 1250, 10, now(), now() + interval '1 day', false);
    insert into access_grant_events (access_grant_id, kind, actor_id, ends_before, ends_after, reason)
      select id, 'extended', ${person}, ends_at, null, 'for the test' from access_grants;
    insert into access_pass_waits (access_pass_id, user_id, offered_at, offer_until) values (${monthly}, ${person}, now(), now() + interval '1 day');
    insert into access_pass_waits (access_pass_id, user_id, outcome, ended_at) values (${monthly}, ${person}, 'left', now());
    insert into access_pass_requests (access_pass_id, user_id, words, price_minor, currency) values (${monthly}, ${person}, 'Please', 1250, 'EUR');
    insert into access_pass_requests (access_pass_id, user_id, price_minor, currency, status, decided_at, decided_by, reason)
      values (${monthly}, ${person}, 1250, 'EUR', 'declined', now(), ${person}, 'for the test');`,
  "0016_api": `
    insert into api_keys (space_id, name, prefix, secret_hash, scopes, form_key, made_by)
      values (${space}, 'A key', 'frk_abcdefgh', decode(repeat('ab', 32), 'hex'), '{grants:read,streams:write}', ${id(14)}, ${person});
    insert into api_idempotency_keys (space_id, key, request_hash, status, body) values (${space}, 'once', '\\x03', 201, '{"id": "1"}');
    insert into webhook_endpoints (id, space_id, url, events, secret, form_key, made_by, off_at, off_reason)
      values (${endpoint}, ${space}, 'https://example.com/hook', '{grant.created}', 'whsec_c2VjcmV0', ${id(15)}, ${person}, now(), 'dead');
    insert into webhook_messages (id, space_id, type, body) values (${event}, ${space}, 'grant.created', '{"id": "1"}');
    insert into webhook_deliveries (message_id, endpoint_id, status, tries, next_try_at, ended_at, last_status)
      values (${event}, ${endpoint}, 'given_up', 10, null, now(), 500);`,
  "0017_signal_gate": `
    update stream_participants set signal_seen_at = now() where identity = 'p-1';
    insert into signal_gate_watch (since, seen_at) values (now(), now());`,
  "0018_devices": `
    update access_passes set most_devices = 1 where id = ${pass};
    insert into access_grant_devices (access_grant_id, session_id, stream_id, ended_at)
      select id, ${session}, ${stream}, now() from access_grants;`,
  "0019_grant_imports": `
    update access_grants set letter_left_out = true where source = 'given';
    insert into access_grant_imports (id, access_pass_id, made_by, file_name, time_zone, encoding, separator, ignored_columns, status, confirmed_by, confirmed_at, moved_at, done_at)
      values (${list}, ${monthly}, ${person}, 'people.csv', 'Europe/Berlin', 'utf-8', ';', '{name}', 'done', ${person}, now(), now(), now());
    insert into access_grant_import_lines (access_grant_import_id, number, email, ends, address, ends_at, state)
      values (${list}, 2, 'Ada@example.com', '2030-01-31', 'ada@example.com', '2030-01-31', 'added');
    insert into access_grant_import_lines (access_grant_import_id, number, email, state, problem, other_number)
      values (${list}, 3, 'Ada@example.com', 'refused', 'other_end', 2);`,
  "0020_pass_links": `
    insert into access_pass_links (id, access_pass_id, name, code_hash, most_uses, uses, ends_at, form_key, made_by)
      values (${link}, ${pass}, 'Newsletter', decode(repeat('cd', 32), 'hex'), 5, 1, now() + interval '1 day', ${id(20)}, ${person});
    insert into access_grants (access_pass_id, user_id, source, status, access_pass_link_id)
      values (${pass}, ${person}, 'link', 'cancelled', ${link});`,
  "0021_sign_in_letters": `update sessions set mailed_at = now() where id = ${session};`,
  "0022_import_counts": `
    insert into access_grant_imports (access_pass_id, made_by, time_zone, encoding, separator, status, wanted_lines, held_lines)
      values (${monthly}, ${person}, 'Europe/Berlin', 'utf-8', ',', 'ready', 3, 2);`,
  "0023_asked_tickets": `update stream_participants set asked_at = now() where identity = 'p-1';`,
  "0024_enforcement": `
    update streaming_chat_rooms set members_compared_at = now();
    update webhook_endpoints set off_reason = 'owner_left' where id = ${endpoint};
    update access_pass_links set revocation_mailed_at = now() where id = ${link};`,
  "0025_keys_of_owners": `update api_keys set revocation_mailed_at = now() where space_id = ${space};`,
  "0027_edited_recordings": `
    insert into streaming_recording_edits (recording_id, number, follows, kept, left_out, duration_ms, made_by)
      values (${recording}, 1, 0, '[{"fromMs": 0, "toMs": 58000}]', '[{"attempt": 1, "first": 29, "last": 29}]', 58000, ${person});
    insert into streaming_recording_chapters (recording_id, at_ms, title) values (${recording}, 2000, 'The beginning');
    update streaming_recordings set edit = 1, poster_ms = 4000, hidden_at = now(), hidden_by = ${person},
      deleted_at = now(), deleted_by = ${person}, warned_at = now(), kept = true where id = ${recording};
    update streaming_recording_exports set version = 1, edit = null;
    update spaces set recording_days = 90;`,
  "0028_replay": `
    insert into streaming_recording_captions (recording_id, language, vtt, bytes, cues, ends_ms, added_by)
      values (${recording}, 'de', 'WEBVTT', 6, 0, 0, ${person});
    insert into streaming_recording_exports (recording_id, kind)
      select id, 'sprite' from streaming_recordings where status = 'ready';`,
  "0029_checked_segments": `
    update streaming_recording_segments set remarks = '{no_sound}', picture = '0a', sound = 'aac', black = false, silent = true;
    update streaming_recording_attempts set playlist_remarks = '{other_order}', lag = 'silent';
    insert into streaming_recording_blanks (recording_id, kind, since, published) values (${recording}, 'silent', now(), 'on');`,
  "0031_export_uploads": `
    update streaming_recording_exports set claims = 2, upload_id = 'upload-1', upload_key = 'exports/1/2/3.mp4';
    insert into streaming_recording_export_parts (export_id, upload_id, number, bytes, sha256, etag)
      select id, 'upload-1', 2, 5242880, repeat('ab', 32), '"1"' from streaming_recording_exports;`,
  "0032_late_segments": `update streaming_recording_segments set late = true;`,
  "0033_export_turns": `
    update streaming_recording_exports set next_try_at = now(), stored_bytes = 3000;
    update streaming_recordings set removed_at = now(), emptied_at = now(), telling_until = now() where id = ${recording};`,
  "0034_recording_store": `
    update streaming_recording_attempts set store = 'beside', store_at = 'store/bucket', copy_until = now(), copy_asked_at = now(), copy_claims = 3, copy_failures = 2, copy_after = now();
    update streaming_recording_segments set awaits_copy = true, ungiven_since = now(), copied_etag = 'ab';`,
  "0041_audience": `
    insert into coming (stream_id, person_id) values (${stream}, ${person});
    insert into follows (person_id, space_id) values (${person}, ${space});
    insert into follows (person_id, space_id, experience_id) values (${person}, ${space}, ${experience});
    insert into calendar_feeds (person_id, token_hash) values (${person}, decode(repeat('ef', 32), 'hex'));
    update streams set starts_at = starts_at + interval '1 day', schedule_version = schedule_version + 1, edit_version = edit_version + 1
      where slug = 'second';`,
  "0042_mail": `
    insert into mail_choices (person_id, reminder_minutes, live, new_streams, stopped, all_stopped_at, new_streams_at)
      values (${person}, '{60}', true, 'each', '{replay}', now(), now());
    insert into mail_failures (address, source, code) values ('gone@example.com', 'smtp', '550 5.1.1');
    insert into mailings (id, kind, stream_id, schedule_version, minutes_before, due_at, expires_at)
      values (${mailing}, 'reminder', ${stream}, 7, 60, now(), now());
    insert into mailings (kind, access_grant_id, due_at, expires_at, spread_at)
      select 'access_ends', id, now(), ends_at, now() from access_grants where ends_at is not null;
    insert into mails (mailing_id, person_id, next_at, claimed_at, claims) values (${mailing}, ${person}, now(), now(), 1);
    insert into mails (mailing_id, person_id, outcome, accepted_at, settled_at)
      select id, ${person}, 'sent', now(), now() from mailings where kind = 'access_ends';
    update coming set mail_planned_at = now();
    update streams set reminder_minutes = '{60}', mail_version = 1, mail_status = 'rehearsal' where slug = 'second';`,
  "0044_series": `
    insert into stream_series (id, experience_id, title, length_minutes, chat_before, chat_after_minutes, repeats, first_day, clock, time_zone, times, last_day, make_at, created_by, form_key)
      values (${series}, ${experience}, 'Weekly', 60, 'then', 30, 'weekly', '2026-12-01', '20:00', 'Asia/Kathmandu', 10, '2027-02-02', now(), ${person}, ${id(20)});
    insert into stream_series (experience_id, title, length_minutes, chat_before, chat_after_minutes, repeats, first_day, clock, time_zone, until_day, created_by, form_key)
      values (${experience}, 'Over', 60, 'never', 0, 'monthly_last', '2026-12-25', '02:30', 'Europe/Berlin', '2026-12-24', ${person}, ${id(21)});
    update streams set series_id = ${series}, series_day = '2026-12-01' where slug = 'second';`,
  "0045_lobby_note": `update streams set lobby_note = 'Bring your own footage.' where id = ${stream};`,
  "0046_told_changes": `
    update spaces set name = 'Another name';
    update experiences set name = 'Another name';
    insert into streaming_recordings (stream_id, status, ready_at) values (${stream}, 'ready', now());
    update streaming_recordings set hidden_at = now(), hidden_by = ${person} where removed_at is null;`,
};
