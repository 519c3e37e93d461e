import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import type { RecordingExportStatus, RecordingStatus } from "#db/types.ts";
import { type Edit, findEdit } from "./edits.ts";
import { noPicture } from "./export-folders.ts";
import { findEndByRule } from "./space-rule.ts";
import { graceDays } from "./withholding.ts";

/** A recording as its team sees it. */
export type OwnRecording = {
  id: string;
  status: RecordingStatus;
  reason: string;
  /** As it was recorded; what plays may be shorter. */
  durationMs: number;
  bytes: number;
  edit: Edit | undefined;
  /** The number of the edit that plays; 0: none. */
  editNumber: number;
  posterMs: number | null;
  hiddenAt: Date | null;
  hiddenBy: string | null;
  deletedAt: Date | null;
  /** Null where it went by the rule of its space. */
  deletedBy: string | null;
  /** Until when it can be restored. */
  restorableUntil: Date | null;
  removed: boolean;
  /** When the rule of its space will delete it, if nobody changes anything; null: never. */
  endsAt: Date | null;
  /** Somebody kept it, or restored it after the rule had deleted it: the rule is not for it any more. */
  kept: boolean;
  exports: OwnExport[];
};

export type OwnExport = {
  kind: string;
  status: RecordingExportStatus;
  progress: number;
  reason: string;
  bytes: number | null;
  sha256: string | null;
  durationMs: number | null;
  /** One is there, although it may show an earlier edit. */
  isThere: boolean;
  /** It shows what plays now. */
  isCurrent: boolean;
  /** It could not be made, but there is something to make. */
  canRetry: boolean;
};

type Row = Omit<OwnRecording, "edit" | "endsAt" | "exports">;

/**
 * The recording of a stream, for its team: the one that plays, or else the newest. Undefined where nothing was recorded.
 * Asks nobody who they are: the caller has.
 */
export async function findOwnRecording(
  db: Kysely<Database>,
  { streamId }: { streamId: string },
): Promise<OwnRecording | undefined> {
  const { rows } = await sql<Row>`
    select r.id, r.status, r.reason, r.duration_ms as "durationMs", r.bytes, r.edit as "editNumber",
      r.poster_ms as "posterMs", r.hidden_at as "hiddenAt", r.deleted_at as "deletedAt",
      (select coalesce(nullif(u.name, ''), u.email) from users u where u.id = r.hidden_by) as "hiddenBy",
      (select coalesce(nullif(u.name, ''), u.email) from users u where u.id = r.deleted_by) as "deletedBy",
      r.deleted_at + make_interval(days => ${graceDays}) as "restorableUntil", r.removed_at is not null as removed,
      r.kept
    from streaming_recordings r
    where r.stream_id = ${streamId}::uuid
    order by r.status = 'failed', r.deleted_at is not null, r.created_at desc
    limit 1
  `.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const [edit, endsAt, exports] = await Promise.all([
    row.editNumber > 0 ? findEdit(db, row.id) : undefined,
    findEndByRule(db, row.id),
    listExports(db, row),
  ]);
  return { ...row, edit, endsAt, exports };
}

async function listExports(db: Kysely<Database>, { id, editNumber }: Row): Promise<OwnExport[]> {
  const rows = await db
    .selectFrom("streaming_recording_exports")
    .select(["kind", "status", "progress", "reason", "bytes", "sha256", "duration_ms", "key", "edit"])
    .where("recording_id", "=", id)
    .orderBy("kind")
    .execute();
  return rows.map(({ key, edit, duration_ms, ...row }) => ({
    ...row,
    durationMs: duration_ms,
    isThere: key !== null,
    isCurrent: row.status === "ready" && edit === editNumber,
    canRetry: row.status === "failed" && row.reason !== noPicture,
  }));
}
