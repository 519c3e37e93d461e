import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { isBlack, isSilent, type Sample } from "#app/domain/media/sample.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Attempt } from "./attempts.ts";

type LookServices = Pick<Services, "db" | "media">;

/** A picture each ten seconds or so tells enough, and costs a tenth of all. */
const pictureEach = 5;

/**
 * Looks at what was just verified and writes down whether there is anything to be seen and heard. Every fifth picture is
 * decoded, small, and all sound: a recorder's encoder at a constant rate makes frames of silence as large as any, so their
 * size tells nothing, and decoding two seconds takes a few ms. A segment without a picture or sound has nothing to be seen or
 * heard in it. What cannot be decoded is not known; it never keeps a segment out of a recording.
 */
export async function lookAtSamples(
  { db, media }: LookServices,
  { id: attemptId }: Attempt,
  samples: readonly Sample[],
): Promise<void> {
  const looked: { number: number; black: boolean | null; silent: boolean | null }[] = [];
  for (const { number, keyFrame, sound } of samples) {
    const isTurn = number % pictureEach === 0 || !keyFrame;
    looked.push({
      number,
      black: isTurn ? await known(() => seesNothing(media, keyFrame)) : null,
      silent: await known(() => hearsNothing(media, sound)),
    });
  }
  if (looked.length === 0) return;
  await sql`
    update streaming_recording_segments s set black = l.black, silent = l.silent
    from jsonb_to_recordset(${JSON.stringify(looked)}::jsonb) as l (number integer, black boolean, silent boolean)
    where s.attempt_id = ${attemptId}::uuid and s.number = l.number
  `.execute(db);
}

async function seesNothing(media: Services["media"], keyFrame: Uint8Array | null): Promise<boolean> {
  if (!keyFrame) return true;
  return isBlack(await media.measure(await media.onlooker.look(keyFrame)));
}

async function hearsNothing(media: Services["media"], sound: Uint8Array | null): Promise<boolean> {
  return !sound || isSilent(await media.onlooker.listen(sound));
}

/** Null for what could not be decoded. */
async function known(look: () => Promise<boolean>): Promise<boolean | null> {
  try {
    return await look();
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return null;
  }
}
