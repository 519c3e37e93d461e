import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import type { StoredObject } from "#app/services/storage.ts";
import type { Db } from "#db/client.ts";
import type { Attempt } from "./attempts.ts";
import { readRecorderPlaylist, type RecorderPlaylist } from "./recorder-playlist.ts";
import { numberIn } from "./segment-names.ts";

type VerifyServices = Pick<Services, "db" | "storage">;
type Waiting = { number: number; first_pts: number; duration_ticks: number; verified_at: Date };
type Anchor = { first_pts: number; program_time: Date };

/** A playlist of six hours has half a megabyte. */
const mostPlaylistBytes = 8 * 1024 * 1024;
/** How far a recorder's clock may be off from storage's before it is not believed. */
const skewMs = 60_000;
/** The same from the database's: that one knows when it was asked for, and when it was there at the latest. */
const offMs = 3_000;

/** The playlist of the attempt's recorder: `none` while there is none, undefined for something that cannot be one. */
export async function readPlaylist(
  storage: Services["storage"],
  { prefix }: Attempt,
  found: readonly StoredObject[],
): Promise<RecorderPlaylist | "none" | undefined> {
  const object = found.find(({ key }) => key === `${prefix}index.m3u8`);
  if (!object) return "none";
  const bytes = object.bytes > mostPlaylistBytes ? undefined : await storage.read(object.key);
  return bytes && readRecorderPlaylist(new TextDecoder().decode(bytes));
}

/**
 * When each segment's first frame was recorded: the recorder's own playlist says it for one segment at least, and the
 * recorder's clock for the rest. Where there is no playlist, or one that says what cannot be, the moment of an upload is the
 * nearest there is, between the two that the database knows: nothing was recorded before it was asked for, nor after it was read.
 * So hosts of recorders whose clocks differ by more than some seconds do not move what they recorded.
 */
export async function fillProgramTimes(
  { db, storage }: VerifyServices,
  attempt: Attempt,
  found: readonly StoredObject[],
): Promise<void> {
  const { id: attemptId } = attempt;
  const waiting = await db
    .selectFrom("streaming_recording_segments")
    .select(["number", "first_pts", "duration_ticks", "verified_at"])
    .where("attempt_id", "=", attemptId)
    .where("program_time", "is", null)
    .where("problem", "is", null)
    .orderBy("number")
    .execute();
  if (waiting.length === 0) return;
  const anchor =
    (await findAnchor(db, attemptId)) ?? (await makeAnchor({ db, storage }, attempt, waiting, found));
  if (!anchor) return;
  await db
    .updateTable("streaming_recording_segments")
    .set({
      // The shorter way round the 33-bit clock.
      program_time: sql`${anchor.program_time}::timestamptz + make_interval(secs =>
        (((first_pts - ${anchor.first_pts} + 4294967296) % 8589934592 + 8589934592) % 8589934592 - 4294967296) / 90000.0)`,
    })
    .where("attempt_id", "=", attemptId)
    .where("program_time", "is", null)
    .where("problem", "is", null)
    .execute();
}

async function findAnchor(db: Db, attemptId: string): Promise<Anchor | undefined> {
  const row = await db
    .selectFrom("streaming_recording_segments")
    .select(["first_pts", "program_time"])
    .where("attempt_id", "=", attemptId)
    .where("program_time", "is not", null)
    .where("problem", "is", null)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.program_time ? { first_pts: row.first_pts, program_time: row.program_time } : undefined;
}

async function makeAnchor(
  { db, storage }: VerifyServices,
  attempt: Attempt,
  waiting: readonly Waiting[],
  found: readonly StoredObject[],
): Promise<Anchor | undefined> {
  const uploads = new Map(
    found.map(({ key, modifiedAt }) => [numberIn(key.slice(attempt.prefix.length)), modifiedAt]),
  );
  const playlist = await readPlaylist(storage, attempt, found);
  const told = playlist && playlist !== "none" ? anchorsOf(playlist, waiting) : [];
  if (told.length === 0 && !attempt.sealedAt && waiting.length <= 2) return undefined;
  const { requested_at: requestedAt } = await db
    .selectFrom("streaming_recording_attempts")
    .select("requested_at")
    .where("id", "=", attempt.id)
    .executeTakeFirstOrThrow();
  const anchor = middleOf(told.filter((each) => canBe(each, { requestedAt, uploads })));
  if (anchor) return anchor;
  const [first] = waiting as [Waiting];
  const uploaded = uploads.get(first.number) ?? first.verified_at;
  const endMs = Math.min(uploaded.getTime(), first.verified_at.getTime());
  const beginMs = Math.max(endMs - lengthMs(first), requestedAt?.getTime() ?? 0);
  return { first_pts: first.first_pts, program_time: new Date(beginMs) };
}

const lengthMs = ({ duration_ticks: ticks }: Pick<Waiting, "duration_ticks">) => ticks / 90;

type Told = Anchor & Pick<Waiting, "number" | "duration_ticks" | "verified_at">;

function anchorsOf({ told }: RecorderPlaylist, waiting: readonly Waiting[]): Told[] {
  const times = new Map(told.map(({ number, time }) => [number, time]));
  return waiting.flatMap((each) => {
    const time = times.get(each.number);
    return time ? [{ ...each, program_time: time }] : [];
  });
}

/** Nothing was recorded before it was asked for, nor after it was stored, nor after it was read. */
function canBe(
  { number, program_time: time, duration_ticks, verified_at: readAt }: Told,
  { requestedAt, uploads }: { requestedAt: Date | null; uploads: Map<number | undefined, Date> },
): boolean {
  const uploaded = uploads.get(number);
  if (uploaded && time.getTime() > uploaded.getTime() + skewMs) return false;
  if (time.getTime() + lengthMs({ duration_ticks }) > readAt.getTime() + offMs) return false;
  return !requestedAt || time.getTime() > requestedAt.getTime() - offMs;
}

/** Of times that do not agree with each other, the one in the middle. */
function middleOf(told: readonly Told[]): Told | undefined {
  const begin = ({ first_pts, program_time }: Told) => program_time.getTime() - first_pts / 90;
  return [...told].sort((a, b) => begin(a) - begin(b))[told.length >> 1];
}
