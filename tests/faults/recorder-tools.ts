import { sql } from "kysely";
import { readConfig } from "#app/config.ts";
import { listParts, type Part } from "#app/domain/recordings/parts.ts";
import { createStorage } from "#app/services/storage.ts";
import { commandOf, descendantsOf } from "#local/processes.ts";
import { endStream } from "#tests/browser/people.ts";
import { decodeRecording } from "#tests/contract/recorded.ts";
import type { Tools } from "./fault.ts";
import { type OnAir, promise, recordingsOf, until } from "./studio-tools.ts";

export type AttemptSeen = {
  id: string;
  number: number;
  status: string;
  reason: string;
  prefix: string;
  egress_id: string | null;
  requested_at: Date | null;
  active_at: Date | null;
  ended_at: Date | null;
  sealed_at: Date | null;
  /** Its segments that were read back and play. */
  good: number;
};

/** The attempts at recording a stream, in order, with what there is of them. */
export async function attemptsOf({ db }: Pick<Tools, "db">, streamId: string): Promise<AttemptSeen[]> {
  const { rows } = await sql<AttemptSeen>`
    select a.id, a.number, a.status, a.reason, a.prefix, a.egress_id, a.requested_at, a.active_at, a.ended_at,
      a.sealed_at, (
        select count(*)::int from streaming_recording_segments s where s.attempt_id = a.id and s.problem is null
      ) as good
    from streaming_recording_attempts a join streaming_recordings r on r.id = a.recording_id
    where r.stream_id = ${streamId}::uuid order by a.number
  `.execute(db);
  return rows;
}

/** Waits until so many segments of an attempt are verified; gives the attempts. */
export async function awaitSegments(
  tools: Pick<Tools, "db">,
  streamId: string,
  { attempt, count, seconds = 60 }: { attempt: number; count: number; seconds?: number },
) {
  return until(
    () => attemptsOf(tools, streamId),
    (attempts) => (attempts.find(({ number }) => number === attempt)?.good ?? 0) >= count,
    { seconds, words: `attempt ${attempt} has ${count} verified segments` },
  );
}

/** The segments that are known to be good now, as `attempt/number`, with their bytes. */
export async function verifiedOf({ db }: Pick<Tools, "db">, streamId: string): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom("streaming_recording_segments as s")
    .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
    .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
    .select(["a.number as attempt", "s.number", "s.bytes"])
    .where("r.stream_id", "=", streamId)
    .where("s.problem", "is", null)
    .orderBy("a.number")
    .orderBy("s.number")
    .execute();
  return new Map(rows.map(({ attempt, number, bytes }) => [`${attempt}/${number}`, bytes]));
}

/** Whether a segment (`attempt/number`) shows the host's camera, which is magenta, and not what is put in its place. */
export async function showsCamera({ db, env }: Tools, streamId: string, place: string): Promise<boolean> {
  const [attempt, number] = place.split("/").map(Number);
  const { key } = await db
    .selectFrom("streaming_recording_segments as s")
    .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
    .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
    .select("s.key")
    .where("r.stream_id", "=", streamId)
    .where("a.number", "=", attempt!)
    .where("s.number", "=", number!)
    .executeTakeFirstOrThrow();
  const config = readConfig(env);
  if (!config.ok) throw new Error(config.problems.join("; "));
  const storage = createStorage(config.config.storage);
  try {
    const bytes = await storage.read(key);
    if (!bytes) return false;
    const { looks } = await decodeRecording([bytes], { middle: [0.45, 0.2] });
    return looks.some(({ at: { middle } }) => middle![1] > 160 && middle![2] > 160);
  } finally {
    storage.close();
  }
}

/** The processes that record, one for each recording of the local recorder. */
export function recordingProcesses({ edition }: Pick<Tools, "edition">): number[] {
  const { pid } = edition.part("recorder");
  return pid === undefined ? [] : descendantsOf(pid).filter((each) => commandOf(each).includes("room.ts"));
}

/** Kills the whole recorder, with all that records, as a host that is lost does: it announces nothing more. */
export function killRecorder({ edition }: Pick<Tools, "edition">): Date {
  edition.part("recorder").kill("SIGKILL", { whole: true });
  return new Date();
}

/** Ends the stream as its host, and gives the parts of the replay, which nothing that was verified is missing from. */
export async function endToReplay(tools: Tools, air: Pick<OnAir, "studio" | "stream">): Promise<Part[]> {
  const before = await verifiedOf(tools, air.stream.id);
  await endStream(air.studio);
  const ready = await until(
    () => recordingsOf(tools, air.stream.id),
    ([each]) => each?.status === "ready" || each?.status === "failed",
    { seconds: 60, words: "the recording is finished" },
  );
  promise(
    ready.value.length === 1 && ready.value[0]!.status === "ready",
    "there is one recording, and it is ready",
  );
  const parts = await listParts(tools.db, ready.value[0]!.id);
  const kept = new Map(parts.map(({ attempt, number, bytes }) => [`${attempt}/${number}`, bytes]));
  for (const [place, bytes] of before)
    promise(kept.get(place) === bytes, `segment ${place}, which was verified, is in the replay`);
  return parts;
}

/** The gaps of a replay that are marked, in ms. */
export const gapsOf = (parts: Part[]): number[] => parts.map(({ gapMs }) => gapMs).filter((ms) => ms > 0);

/** How many there are of each attempt: "1: 5, 2: 7". */
export const partsInWords = (parts: Part[]): string =>
  [...Map.groupBy(parts, ({ attempt }) => attempt)]
    .map(([number, of]) => `${number}: ${of.length}`)
    .join(", ");

export const secondsBetween = (from: Date, to: Date | null): number =>
  to ? Math.round((to.getTime() - from.getTime()) / 100) / 10 : Number.NaN;

/** Plays the replay across a place, and says whether it moves there. */
export async function playsAt(page: OnAir["watching"], seconds: number): Promise<boolean> {
  const video = page.getByLabel(/^Replay of/);
  await video.waitFor({ timeout: 60_000 });
  return video.evaluate(async (element: HTMLVideoElement, at) => {
    element.muted = true;
    element.currentTime = at;
    await element.play();
    const begun = performance.now();
    while (performance.now() - begun < 15_000) {
      if (element.currentTime > at + 1.5) return true;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return false;
  }, seconds);
}
