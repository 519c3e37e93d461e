import { type Kysely, sql } from "kysely";
import { chatName } from "#app/domain/chat/messages.ts";
import type { Database } from "#db/client.ts";
import { type ActKind, isActKind } from "./act-kinds.ts";

/** Somebody as the log names them; `email` only for those who may read addresses. */
export type LogPerson = { id: string; name: string; email: string | null };

export type LogEntry = {
  id: string;
  at: Date;
  kind: ActKind;
  actor: LogPerson;
  target: LogPerson | null;
  stream: { id: string; title: string } | null;
  /** The message's place in its stream's chat, of an act on one message. */
  messageNumber: number | null;
  reason: string;
  until: Date | null;
  /** What is particular to the kind: seconds, minutes, scope, count. */
  details: Record<string, unknown>;
  /** When the outside agreed; null while it has not. */
  enforcedAt: Date | null;
  outcome: string;
};

export type LogFilter = {
  spaceId: string;
  streamId?: string | null;
  kind?: ActKind | null;
  /** Part of a name of who did it or whom it was done to; of an address, too, where `withMail`. */
  search?: string;
  /** At most so many days old. */
  days?: number | null;
  /** Whether the reader may see (and search) mail addresses. */
  withMail: boolean;
};

type Row = {
  id: string;
  at: Date;
  kind: string;
  actor_id: string;
  actor_name: string;
  actor_email: string;
  target_id: string | null;
  target_name: string | null;
  target_email: string | null;
  stream_id: string | null;
  stream_title: string | null;
  message_number: number | null;
  reason: string;
  until: Date | null;
  details: Record<string, unknown>;
  enforced_at: Date | null;
  outcome: string;
};

/** The acts of moderation of a space or of one stream, newest first, `most` of them `before` an act (id). */
export async function listActs(
  db: Kysely<Database>,
  filter: LogFilter,
  { before, most }: { before?: string | null; most: number },
): Promise<{ entries: LogEntry[]; more: boolean }> {
  const { spaceId, streamId = null, kind = null, search = "", days = null, withMail } = filter;
  const like = `%${search.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const found =
    search === ""
      ? sql`true`
      : sql`(a.name ilike ${like} or t.name ilike ${like}
          or (${withMail} and (a.email ilike ${like} or t.email ilike ${like})))`;
  const { rows } = await sql<Row>`
    select act.id, act.created_at as at, act.kind, act.reason, act.until, act.details, act.enforced_at, act.outcome,
      act.stream_id, s.title as stream_title, m.number as message_number,
      a.id as actor_id, a.name as actor_name, a.email as actor_email,
      t.id as target_id, t.name as target_name, t.email as target_email
    from moderation_acts act
    join users a on a.id = act.actor_id
    left join users t on t.id = act.target_user_id
    left join streams s on s.id = act.stream_id
    left join streaming_chat_messages m on m.id = act.message_id
    where act.space_id = ${spaceId}::uuid
      and (${streamId}::uuid is null or act.stream_id = ${streamId}::uuid)
      and (${kind}::text is null or act.kind = ${kind}::text)
      and (${days}::integer is null or act.created_at > clock_timestamp() - make_interval(days => ${days}::integer))
      and (${before ?? null}::uuid is null or act.id < ${before ?? null}::uuid)
      and ${found}
    order by act.id desc limit ${most + 1}
  `.execute(db);
  const entries = rows.slice(0, most).flatMap((row) => {
    const { kind: known } = row;
    return isActKind(known) ? [entryOf({ ...row, kind: known }, withMail)] : [];
  });
  return { entries, more: rows.length > most };
}

/** All of them, for a file: read in pages, so that a long log is never in memory at once. */
export async function* readActs(db: Kysely<Database>, filter: LogFilter): AsyncGenerator<LogEntry> {
  let before: string | null = null;
  for (;;) {
    const { entries, more } = await listActs(db, filter, { before, most: 500 });
    yield* entries;
    const last = entries.at(-1);
    if (!more || !last) return;
    before = last.id;
  }
}

function entryOf(row: Row & { kind: ActKind }, withMail: boolean): LogEntry {
  const person = (id: string, name: string | null, email: string | null): LogPerson => ({
    id,
    name: chatName(name ?? "", id),
    email: withMail ? email : null,
  });
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    actor: person(row.actor_id, row.actor_name, row.actor_email),
    target: row.target_id ? person(row.target_id, row.target_name, row.target_email) : null,
    stream: row.stream_id ? { id: row.stream_id, title: row.stream_title ?? "" } : null,
    messageNumber: row.message_number,
    reason: row.reason,
    until: row.until,
    details: row.details,
    enforcedAt: row.enforced_at,
    outcome: row.outcome,
  };
}
