import { sql } from "kysely";
import { readConfig } from "#app/config.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import { findOpenAttempt } from "#app/domain/recordings/attempts.ts";
import { verifySegments } from "#app/domain/recordings/verify.ts";
import type { Edition } from "#local/edition.ts";
import { insertGrant, insertUser, signIn } from "#tests/factories.ts";
import { insertLiveRecording, segmentKey, writeSegments } from "#tests/integration/recording-fixtures.ts";
import { encodeSegments, shiftClock } from "./synthetic-segments.ts";

/** Length of a segment, and how many come before they are used again with another clock. */
const segmentMs = 2_000;
const perRound = 8;

/**
 * A live stream of 300 kbit/s in an edition without recorder and worker: what those two would do, write a segment and verify
 * it, is done by `next`. `viewers` gives the cookies of so many people who hold its pass.
 */
export async function openLiveRecording({ env }: Edition) {
  const config = readConfig(env);
  if (!config.ok) throw new Error(config.problems.join("; "));
  const services = await openServices(config.config, "worker");
  const { db, storage } = services;
  const house = await insertLiveRecording(services);
  const { streamId, recordingId } = house;
  const prefix = `recordings/${streamId}/1/`;
  await db
    .insertInto("streaming_recording_attempts")
    .values({ recording_id: recordingId, number: 1, prefix, status: "active" })
    .execute();
  await db
    .updateTable("streaming_recordings")
    .set({ status: "recording" })
    .where("id", "=", recordingId)
    .execute();
  const base = await encodeSegments({ count: perRound, width: 320, height: 180, kilobits: 200 });
  const counters = new Map<number, number>();
  let written = 0;
  async function next(): Promise<Uint8Array> {
    const number = written++;
    const bytes = new Uint8Array(base[number % perRound]!);
    shiftClock(bytes, Math.floor(number / perRound) * perRound * segmentMs * 90, counters);
    if (number === 0) await writeSegments(storage, prefix, [bytes], { startsAt: new Date() });
    else await storage.write(segmentKey(prefix, number), bytes, "video/mp2t");
    const good = await verifySegments(services, (await findOpenAttempt(db, recordingId))!);
    if (good !== 1) throw new Error(`segment ${number} does not play`);
    return bytes;
  }
  return {
    base: `/media/${streamId}/${recordingId}`,
    kilobits: (base.reduce((sum, { length }) => sum + length, 0) * 8) / (perRound * segmentMs),
    next,
    /** Lengthens it to so many segments in the database alone: the last one again and again, for who reads playlists. */
    async lengthen(count: number) {
      await sql`
        insert into streaming_recording_segments (attempt_id, number, key, bytes, etag, sha256, duration_ticks, first_pts,
          has_audio, has_video, width, height, picture, sound, program_time)
        select g.attempt_id, g.number + more, g.key, g.bytes, g.etag, g.sha256, g.duration_ticks,
          (g.first_pts + more * g.duration_ticks) % ${2 ** 33}::bigint, g.has_audio, g.has_video, g.width, g.height,
          g.picture, g.sound, g.program_time + more * make_interval(secs => ${segmentMs / 1000})
        from streaming_recording_segments g
        join streaming_recording_attempts a on a.id = g.attempt_id
        cross join generate_series(1, ${count - written}::integer) as more
        where a.recording_id = ${recordingId}::uuid and g.number = ${written - 1}
      `.execute(db);
    },
    async viewers(count: number): Promise<string[]> {
      const cookies: string[] = [];
      for (let at = 0; at < count; at++) {
        const { id: userId } = await insertUser(db);
        await insertGrant(db, { passId: house.pass.id, userId });
        cookies.push((await signIn(db, userId)).cookie);
      }
      return cookies;
    },
    close: () => closeServices(services),
  };
}
