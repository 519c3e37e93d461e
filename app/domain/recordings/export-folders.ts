import type { ExportServices } from "./exports.ts";

/** Why an export of pictures is not there, where it is nobody's fault. */
export const noPicture = "There is no picture in this recording.";

type Recording = { streamId: string; recordingId: string };

/** All exports of a recording. */
export const exportsOf = ({ streamId, recordingId }: Recording) => `exports/${streamId}/${recordingId}/`;

/** What one making of an export writes: the making that follows on it writes elsewhere, so that nobody removes it. */
export const exportFolder = (of: Recording & { kind: string; version: number }) =>
  `${exportsOf(of)}${of.kind}-${of.version}/`;

/**
 * Removes what makings of an export have left that is not, and never will be, what its row names: what showed an earlier
 * edit, and what was finished by somebody whose turn was over. Run after each making; safe at any time and twice.
 */
export async function removeLeftovers(
  { db, storage }: Pick<ExportServices, "db" | "storage">,
  {
    exportId,
    kind,
    before,
    ...of
  }: Recording & {
    exportId: string;
    kind: string;
    /** What its row named until now. */ before?: string | null;
  },
): Promise<void> {
  const row = await db
    .selectFrom("streaming_recording_exports")
    .select(["version", "status", "key"])
    .where("id", "=", exportId)
    .executeTakeFirst();
  const kindOf = `${exportsOf(of)}${kind}-`;
  const named = row?.key && wholeOf(kind, row.key);
  // Only versions that are over by what was just read: a newer one may have begun meanwhile.
  const isOver = (key: string) => {
    const version = Number.parseInt(key.slice(kindOf.length), 10);
    return !row || version < row.version || (version === row.version && row.status === "ready");
  };
  for (const upload of await storage.listUploads(kindOf))
    if (isOver(upload.key)) await storage.abortUpload(upload);
  for (const { key } of await storage.list(kindOf))
    if (isOver(key) && !(named && key.startsWith(named))) await storage.remove(key);
  // Where they lay before each making had its own place.
  if (before && before !== row?.key && !before.startsWith(kindOf))
    for (const { key } of await storage.list(wholeOf(kind, before))) await storage.remove(key);
}

/** What the addresses of all objects of an export begin with, of which its key names one. */
const wholeOf = (kind: string, key: string) =>
  kind === "mp4" ? key : key.slice(0, key.lastIndexOf("/") + 1);
