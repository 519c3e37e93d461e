import type { Services } from "#app/context.ts";
import type { Sample } from "#app/domain/media/sample.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Storage, StoredObject } from "#app/services/storage.ts";
import type { Attempt } from "./attempts.ts";
import { checkSegment, type CheckedSegment } from "./checked-segment.ts";
import { patience } from "./live-playlist.ts";
import { noteHoles, noteVanished } from "./missing.ts";
import { type KnownSegment, listKnown, placeSegments } from "./places.ts";
import { remarksOnPlaylist } from "./playlist-remarks.ts";
import { fillProgramTimes, readPlaylist } from "./program-times.ts";
import { storageOf, type StoreServices } from "./stores.ts";
import { segmentName, segmentsAmong } from "./segment-names.ts";
import { givesAnything, markUnreadable, type Unread } from "./unreadable.ts";

type VerifyServices = Pick<Services, "db"> & StoreServices;
type Found = { number: number; object: StoredObject };

/** How far behind the newest known segment one can still turn up: uploads can overtake each other a little. */
const lookBack = 8;
/** Read at once, and then written down by one statement. */
const atOnce = 6;
/** When so many of them, one after the other, could not be read, it is storage that is away. */
const mostUnread = 3;
/** What lies further back is not worth a look any more, while there is something newer. */
const mostSamples = 12;

/**
 * Reads back from where its recorder writes what an attempt wrote since the last time, and writes down what it is: exact times, size,
 * checksum, or the problem that keeps it out of the recording. `whole` looks at everything the attempt has, also at
 * what is known, which may have vanished or become another object since, and at how all of it fits together; what plays and
 * was copied from there stands for itself. Of a sealed attempt only what was there when it was sealed counts. `samples` gets
 * the newest of what was read, to be looked at.
 * Gives the number of segments that are new and good. Safe to run twice and at once.
 *
 * A segment that storage lists and does not give keeps none of the others waiting, and is not called missing: what was read
 * is written down. Rejects in the end where it was one of the `whole`, or nothing was read; `leaveOut` writes it down as
 * unreadable instead, unless storage gives nothing at all. Rejects also where storage has nothing of what was verified;
 * with `leaveOut` only where it has nothing of other attempts either.
 *
 * A turn asks storage for one list and once for each new segment, and the database a fixed number of things, however long
 * the recording is and however many are new: that is how a worker keeps pace with many streams.
 */
export async function verifySegments(
  services: VerifyServices,
  attempt: Attempt,
  {
    whole = false,
    leaveOut = false,
    samples,
  }: { whole?: boolean; leaveOut?: boolean; samples?: Sample[] } = {},
): Promise<number> {
  const { db } = services;
  const storage = storageOf(services, attempt);
  const { id: attemptId, prefix } = attempt;
  let known = await listKnown(db, attemptId, whole ? undefined : lookBack + 2);
  const newest = known.at(-1)?.number ?? -1;
  const after = whole || newest <= lookBack ? undefined : `${prefix}${segmentName(newest - lookBack)}`;
  const found = await storage.list(prefix, { after });
  const there = segmentsAmong(found, { prefix, after: newest });
  const byNumber = new Map(known.map((segment) => [segment.number, segment]));
  const fresh = there.filter((each) => isNew(each, byNumber.get(each.number), attempt));

  let good = 0;
  const unread: Unread[] = [];
  const canLeaveOut = async () => leaveOut && (await givesAnything(storage, { found, unread }));
  for (let from = 0; from < fresh.length; from += atOnce) {
    const turn = await readSegments(storage, fresh.slice(from, from + atOnce), samples);
    samples?.splice(0, Math.max(0, samples.length - mostSamples));
    const placed = await placeSegments(db, attempt, near(known, turn.read), turn.read);
    known = merged(known, placed.known);
    good += placed.good;
    if (turn.failure) throw turn.failure;
    unread.push(...turn.unread);
    if (turn.inRow >= mostUnread && !(await canLeaveOut())) throw unread.at(-1)!.error;
  }
  if (unread[0]) {
    if (await canLeaveOut()) for (const each of unread) await markUnreadable(db, attemptId, each);
    else if (whole || good === 0) throw unread[0].error;
  }
  if (whole) good += await lookOver({ db, storage }, attempt, known, { found, there, leaveOut });
  else if (fresh.length > 0) {
    const from = newest < lookBack ? 0 : newest - lookBack + 1;
    const before = (known.at(-1)?.number ?? 0) - patience;
    await noteHoles(db, attempt, [...known, ...unread], { from, before });
  }
  await fillProgramTimes({ db, storage }, attempt, found);
  return good;
}

/** The known ones beside those that were read. */
function near(known: readonly KnownSegment[], read: readonly CheckedSegment[]): KnownSegment[] {
  const numbers = read.map(({ number }) => number);
  const [from, to] = [Math.min(...numbers) - lookBack - 2, Math.max(...numbers) + lookBack + 2];
  return known.filter(({ number }) => number >= from && number <= to);
}

function merged(known: readonly KnownSegment[], changed: readonly KnownSegment[]): KnownSegment[] {
  const numbers = new Set(changed.map(({ number }) => number));
  return [...known.filter(({ number }) => !numbers.has(number)), ...changed].sort(
    (a, b) => a.number - b.number,
  );
}

function isNew({ object }: Found, before: KnownSegment | undefined, { sealedAt }: Attempt): boolean {
  const isGone = !before || before.problem === "missing";
  if (before?.copied_etag && before.problem === null) return false;
  if (!isGone) return before.bytes !== object.bytes || before.etag !== object.etag;
  // Storage keeps whole seconds, rounded down.
  return !sealedAt || object.modifiedAt <= sealedAt;
}

/**
 * Those that could be read, and those that storage did not give: the most of these in a row, too. `failure` is what else went
 * wrong.
 */
async function readSegments(
  storage: Storage,
  found: readonly Found[],
  samples?: Sample[],
): Promise<{ read: CheckedSegment[]; unread: Unread[]; inRow: number; failure: unknown }> {
  const results = await Promise.allSettled(
    found.map(({ number, object }) => checkSegment(storage, number, object, samples)),
  );
  const read: CheckedSegment[] = [];
  const unread: Unread[] = [];
  let [row, inRow] = [0, 0];
  let failure: unknown;
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") {
      read.push(result.value);
      row = 0;
    } else if (isServiceError(result.reason)) {
      unread.push({ ...found[index]!, error: result.reason });
      inRow = Math.max(inRow, ++row);
    } else failure ??= result.reason;
  }
  return { read, unread, inRow, failure };
}

/** What can only be told of an attempt as a whole. */
async function lookOver(
  { db, storage }: Pick<Services, "db" | "storage">,
  attempt: Attempt,
  known: readonly KnownSegment[],
  { found, there, leaveOut }: { found: readonly StoredObject[]; there: readonly Found[]; leaveOut: boolean },
): Promise<number> {
  const listed = new Set(there.map(({ number }) => number));
  await noteVanished(
    { db, storage },
    attempt,
    known.filter(({ number }) => !listed.has(number)),
    { none: there.length === 0, leaveOut },
  );
  await noteHoles(db, attempt, known, { from: 0, before: known.at(-1)?.number ?? 0 });
  const placed = await placeSegments(db, attempt, await listKnown(db, attempt.id), [], { over: true });
  const playlist = await readPlaylist(storage, attempt, found);
  const remarks = playlist === "none" ? ["no_playlist" as const] : remarksOnPlaylist(playlist, placed.known);
  await db
    .updateTable("streaming_recording_attempts")
    .set({ playlist_remarks: placed.known.length > 0 ? remarks : [] })
    .where("id", "=", attempt.id)
    .execute();
  return placed.good;
}
