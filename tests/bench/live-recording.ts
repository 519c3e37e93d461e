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
