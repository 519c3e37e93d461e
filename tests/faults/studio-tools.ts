import { sql } from "kysely";
import { RoomServiceClient } from "livekit-server-sdk";
import { firstPairOf } from "#app/services/livekit-pairs.ts";
import type { Edition } from "#local/edition.ts";
import {
  goLive,
  launchBrowser,
  launchMortalBrowser,
  openProfile,
  openStudio,
} from "#tests/browser/people.ts";
import { insertPeople } from "#tests/factories.ts";
import { within } from "#tests/without-webhooks.ts";
import type { Tools } from "./fault.ts";

export type OnAir = Awaited<ReturnType<typeof goOnAir>>;

/**
 * A stream with its people, its host live in a browser of their own, and one viewer who sees it. `smallPicture` where the
 * machine has much else to do meanwhile.
 */
export async function goOnAir({ db, web }: Pick<Tools, "db" | "web">, { smallPicture = false } = {}) {
  const cast = await insertPeople(db, { status: "scheduled" });
  const hostBrowser = await launchMortalBrowser();
  const viewerBrowser = await launchBrowser();
  const host = { url: web.url, db, userId: cast.people.host.id, streamId: cast.stream.id, smallPicture };
  const { profile, page: studio } = await openStudio(hostBrowser.browser, host);
  await goLive(studio);
  const viewer = await openProfile(viewerBrowser, { url: web.url, db, userId: cast.people.viewer.id });
  const watching = await viewer.newPage();
  await watching.goto(cast.path);
  await watching.getByLabel("The host's camera").waitFor({ timeout: 30_000 });
  return {
    ...cast,
    hostBrowser,
    viewerBrowser,
    host: profile,
    studio,
    watching,
    async close() {
      await Promise.all([hostBrowser.close(), viewerBrowser.close()]);
    },
  };
}

export async function streamRow({ db }: Tools, streamId: string) {
  return db.selectFrom("streams").selectAll().where("id", "=", streamId).executeTakeFirstOrThrow();
}

export async function recordingsOf({ db }: Pick<Tools, "db">, streamId: string) {
  return db
    .selectFrom("streaming_recordings as r")
    .select(["r.id", "r.status", "r.bytes", "r.reason"])
    .select(
      sql<number>`(select count(*)::int from streaming_recording_attempts a where a.recording_id = r.id)`.as(
        "attempts",
      ),
    )
    .where("r.stream_id", "=", streamId)
    .execute();
}

/** LiveKit's rooms, asked with the pair that signs. */
export function roomsOf(env: Record<string, string>): RoomServiceClient {
  const { key, secret } = firstPairOf(env.LIVEKIT_API_KEY ?? "", env.LIVEKIT_API_SECRET ?? "");
  return new RoomServiceClient((env.LIVEKIT_URL ?? "").replace(/^ws/, "http"), key, secret);
}

/** Who publishes in the stream's room right now. */
export async function publishers({ env }: Tools, streamId: string): Promise<string[]> {
  const people = await roomsOf(env).listParticipants(streamId);
  return people.filter(({ tracks }) => tracks.length > 0).map(({ identity }) => identity);
}

/** Where one of the web processes is asked; undefined while there is none. */
export function runningWeb(edition: Edition): string | undefined {
  const parts = edition.parts().filter((name) => name.startsWith("web"));
  return parts.map((name) => edition.part(name)).find(({ pid }) => pid !== undefined)?.where;
}

/** Waits until `what` holds, asked four times a second, for longer without webhooks; what it gave last is in the error. */
export async function until<T>(
  what: () => Promise<T>,
  holds: (value: T) => boolean,
  { seconds, words }: { seconds: number; words: string },
): Promise<{ value: T; tookMs: number }> {
  const begun = performance.now();
  for (;;) {
    const value = await what();
    const tookMs = Math.round(performance.now() - begun);
    if (holds(value)) return { value, tookMs };
    if (tookMs > within(seconds) * 1000)
      throw new Error(`not within ${within(seconds)} s: ${words} (${JSON.stringify(value)})`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export function promise(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Error(`not as promised: ${words}`);
}
