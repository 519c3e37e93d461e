import type { StoredObject, Storage } from "#app/services/storage.ts";
import type { Db } from "#db/client.ts";

/** So long the rest waits for a segment that storage does not give. */
export const unreadableMinutes = 15;

/** A segment that storage lists and does not give, and why. */
export type Unread = { number: number; object: StoredObject; error: unknown };

/** Whether storage gives any other segment that it lists, so that it is not away as a whole. */
export async function givesAnything(
  storage: Storage,
  { found, unread }: { found: readonly StoredObject[]; unread: readonly Unread[] },
): Promise<boolean> {
  const isUnread = (each: StoredObject) => unread.some(({ object }) => object === each);
  const other = found.find((each) => each.key.endsWith(".ts") && !isUnread(each));
  return other !== undefined && (await storage.read(other.key)) !== undefined;
}

/** Keeps a segment out of its recording, with the reason; what lies in storage is left as it is. */
export async function markUnreadable(
  db: Db,
  attemptId: string,
  { number, object: { key, bytes, etag } }: Unread,
): Promise<void> {
  const row = { key, bytes, etag, problem: "unreadable" };
  await db
    .insertInto("streaming_recording_segments")
    .values({ attempt_id: attemptId, number, ...row })
    .onConflict((conflict) =>
      conflict
        .columns(["attempt_id", "number"])
        .doUpdateSet(row)
        // Copied meanwhile, as it was verified.
        .where("streaming_recording_segments.copied_etag", "is", null),
    )
    .execute();
}
