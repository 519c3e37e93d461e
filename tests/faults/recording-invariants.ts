import { readConfig } from "#app/config.ts";
import { listRecordedParts } from "#app/domain/recordings/parts.ts";
import { createStorage } from "#app/services/storage.ts";
import { insertUser, signIn } from "#tests/factories.ts";
import type { World } from "./invariants.ts";
import { runningWeb } from "./studio-tools.ts";

const atOnce = 16;

/** Sizes as storage tells them now, of the segments and the files of each recording that is ready. */
export async function lookAtStorage({ db, env }: World) {
  const config = readConfig(env);
  if (!config.ok) throw new Error(config.problems.join("; "));
  const storage = createStorage(config.config.storage);
  const broken: string[] = [];
  let objects = 0;
  try {
    const recordings = await db
      .selectFrom("streaming_recordings")
      .select(["id", "bytes"])
      .where("status", "=", "ready")
      .where("removed_at", "is", null)
      .execute();
    for (const { id, bytes } of recordings) {
      const parts = await listRecordedParts(db, id);
      const files = await db
        .selectFrom("streaming_recording_exports")
        .select(["key", "bytes"])
        .where("recording_id", "=", id)
        .where("status", "=", "ready")
        .where("kind", "=", "mp4")
        .execute();
      const known = new Map([...parts, ...files].map(({ key, bytes }) => [key ?? "", bytes ?? 0]));
      const stored = await sizesOf([...known.keys()]);
      objects += known.size;
      for (const [key, size] of known)
        if (stored.get(key) !== size)
          broken.push(`${key} has ${stored.get(key)} bytes in storage, not ${size}`);
      const segments = parts.reduce((sum, { key }) => sum + (stored.get(key) ?? 0), 0);
      if (bytes < segments) broken.push(`recording ${id} says ${bytes} bytes, its segments have ${segments}`);
    }
    return {
      saw: `${recordings.length} finished, ${objects} objects compared`,
      broken,
    };
  } finally {
    storage.close();
  }

  async function sizesOf(keys: string[]) {
    const sizes = new Map<string, number | undefined>();
    for (let at = 0; at < keys.length; at += atOnce)
      await Promise.all(
        keys.slice(at, at + atOnce).map(async (key) => sizes.set(key, (await storage.head(key))?.bytes)),
      );
    return sizes;
  }
}

/** The newest recordings, asked for by nobody, by somebody without a pass, and in storage itself without a signature. */
export async function lookAtMedia({ db, edition, env }: World) {
  const url = runningWeb(edition);
  if (!url) throw new Error("no web process runs");
  const { cookie } = await signIn(db, (await insertUser(db)).id);
  const segments = await db
    .selectFrom("streaming_recording_segments as s")
    .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
    .innerJoin("streaming_recordings as r", "r.id", "a.recording_id")
    .distinctOn("r.id")
    .select(["r.id", "r.stream_id", "a.number as attempt", "s.number", "s.key"])
    .where("s.problem", "is", null)
    .where("r.removed_at", "is", null)
    .orderBy("r.id", "desc")
    .orderBy("a.number")
    .orderBy("s.number")
    .limit(20)
    .execute();
  const broken: string[] = [];
  let asked = 0;
  const expectRefusal = async (address: string, status: number, headers: Record<string, string> = {}) => {
    asked += 1;
    const answer = await fetch(address, { headers, redirect: "manual" });
    await answer.body?.cancel();
    if (answer.status !== status) broken.push(`${address} is answered with ${answer.status}, not ${status}`);
  };
  for (const { id, stream_id, attempt, number, key } of segments) {
    for (const file of ["index.m3u8", "live.m3u8", "video.mp4", `${attempt}/${number}.ts`]) {
      const address = `${url}/media/${stream_id}/${id}/${file}`;
      await expectRefusal(address, 401);
      await expectRefusal(address, 403, { cookie });
    }
    await expectRefusal(`${env.S3_ENDPOINT}/${env.S3_BUCKET}/${key}`, 403);
  }
  return { saw: `${segments.length} recordings, ${asked} requests as nobody and as a stranger`, broken };
}
