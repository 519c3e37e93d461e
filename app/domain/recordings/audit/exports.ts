import { createHash } from "node:crypto";
import { sql } from "kysely";
import { sheetsIn } from "#app/domain/media/sprite.ts";
import { piecesOf } from "#app/services/storage-body.ts";
import type { StoredObject } from "#app/services/storage.ts";
import type { RecordingExportStatus } from "#db/types.ts";
import { posterKey, posterSizes } from "../export-poster.ts";
import { sheetKey } from "../export-sprite.ts";
import { remakeExport } from "../remake.ts";
import type { Auditing, Finding } from "./audit.ts";
import { listGroups, removalOf, sideBySide } from "./groups.ts";
import { auditUploads } from "./uploads.ts";

type Row = {
  id: string;
  kind: string;
  status: RecordingExportStatus;
  key: string | null;
  bytes: number | null;
  sha256: string | null;
};
type Audited = {
  folder: string;
  removedAt: Date | null;
  durationMs: number;
  rows: Row[];
};

/** What was made of recordings. All of it can be made again from the segments. */
export async function* auditExports(auditing: Auditing): AsyncGenerator<Finding> {
  const { storage, counts } = auditing;
  const groups = listGroups(storage, { prefix: "exports/", depth: 3 });
  for await (const [group, recording] of sideBySide(groups, listRecordings(auditing))) {
    const objects = group?.objects ?? [];
    counts.objects += objects.length;
    counts.bytes += objects.reduce((sum, { bytes }) => sum + bytes, 0);
    if (!recording) {
      const settled = objects.filter(({ modifiedAt }) => auditing.isSettled(modifiedAt)).length;
      if (settled > 0)
        yield {
          kind: "unknown",
          key: group!.folder,
          words: `${settled} objects of no recording that is known`,
        };
    } else if (!recording.removedAt) yield* auditRecording(auditing, recording, objects);
    else if (objects.length > 0) yield ofRemoved(recording, objects);
  }
  yield* auditUploads(auditing);
}

const atOnce = 200;

async function* listRecordings({ db }: Auditing): AsyncGenerator<Audited> {
  for (let after = ""; ;) {
    const { rows } = await sql<Audited>`
      select r.folder, r.removed_at as "removedAt",
        coalesce(e.duration_ms, r.duration_ms) as "durationMs",
        coalesce((select jsonb_agg(jsonb_build_object('id', x.id, 'kind', x.kind, 'status', x.status, 'key', x.key,
          'bytes', x.bytes, 'sha256', x.sha256)) from streaming_recording_exports x where x.recording_id = r.id), '[]') as rows
      from (select 'exports/' || stream_id || '/' || id || '/' as folder, * from streaming_recordings) r
      left join streaming_recording_edits e on e.recording_id = r.id and e.number = r.edit
      where r.folder collate "C" > ${after} order by r.folder collate "C" limit ${atOnce}
    `.execute(db);
    yield* rows;
    if (rows.length < atOnce) return;
    after = rows.at(-1)!.folder;
  }
}

/** Also what somebody who was late wrote when the removal was over. */
function ofRemoved({ folder }: Audited, objects: readonly StoredObject[]): Finding {
  return {
    kind: "removed-left",
    key: folder,
    words: `${objects.length} objects of a recording that was removed`,
    repair: removalOf(objects),
  };
}

async function* auditRecording(
  auditing: Auditing,
  { rows, durationMs }: Audited,
  objects: readonly StoredObject[],
): AsyncGenerator<Finding> {
  const { storage, counts, isSettled } = auditing;
  const byKey = new Map(objects.map((object) => [object.key, object]));
  for (const row of rows) {
    if (!row.key) continue;
    counts.exports++;
    for (const key of keysOf({ kind: row.kind, key: row.key }, durationMs)) {
      const object = byKey.get(key) ?? (await storage.head(key));
      byKey.delete(key);
      // One that is being made anew needs nobody to say so.
      if (row.status !== "ready") continue;
      const found = await compare(auditing, row, { key, object });
      if (found)
        yield { ...found, key, repair: again(row.id, found.kind === "export-changed" ? key : undefined) };
    }
  }
  if (rows.some(({ status }) => status === "waiting" || status === "running")) return;
  for (const [key, object] of byKey)
    if (isSettled(object.modifiedAt))
      yield {
        kind: "export-left",
        key,
        words: "was made of a recording, and is not in use any more",
        repair: removalOf([object]),
      };
}

function keysOf({ kind, key }: { kind: string; key: string }, durationMs: number): string[] {
  if (kind === "poster") return posterSizes.map((size) => posterKey(key, size));
  if (kind === "mp4") return [key];
  return Array.from({ length: sheetsIn(durationMs) }, (_, sheet) => sheetKey(key, sheet));
}

async function compare(
  { storage, hashes }: Auditing,
  row: Row,
  { key, object }: { key: string; object: StoredObject | undefined },
): Promise<Omit<Finding, "key"> | undefined> {
  if (!object) return { kind: "export-missing", words: "ready, and not there any more" };
  if (key !== row.key) return undefined;
  if (object.bytes !== row.bytes)
    return {
      kind: "export-changed",
      words: `has ${object.bytes} bytes, not the ${row.bytes} that were written`,
    };
  if (!hashes) return undefined;
  const opened = await storage.open(key);
  const sum = createHash("sha256");
  if (opened) for await (const piece of piecesOf(opened.body)) sum.update(piece);
  return sum.digest("hex") === row.sha256
    ? undefined
    : { kind: "export-changed", words: "has other bytes than those that were written" };
}

/** Has an export made again, in another place; what is wrong of it goes first. */
function again(exportId: string, wrong: string | undefined): Finding["repair"] {
  return async ({ db, queue, storage }) => {
    if (wrong) await storage.remove(wrong);
    await db.transaction().execute((trx) => remakeExport(trx, queue, { exportId }));
  };
}
