import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BrowserContext } from "@playwright/test";
import { type Db, openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { openHostile } from "#tests/browser/hostile.ts";
import { openHostileDoors, waysOfViewers } from "#tests/browser/hostile-doors.ts";
import { goLive, launchBrowser, openProfile, openStudio } from "#tests/browser/people.ts";
import { insertPeople, insertStream, signIn } from "#tests/factories.ts";
import { insertReadyRecording } from "#tests/ready-recording.ts";
import { type Bench, type Measured } from "./bench.ts";
import { pause } from "./processes.ts";

export const name = "hostile";
export const title =
  "A script that keeps every token, ignores leaving and joins in four loops, from 3 s after its revocation on";

const rounds = 3;
const lookSeconds = 6;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const on: number[] = [];
  const off: number[] = [];
  let doors: { open: string[]; said: Record<string, unknown> } | undefined;
  const answers = { on: {} as Record<string, number>, off: {} as Record<string, number> };
  for (const gated of [true, false]) {
    const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
    say(`starting the product ${gated ? "with" : "without"} the gate …`);
    const edition = await startEdition({ dir, ports: "fresh", without: ["recorder"] });
    // The same product, which tells browsers to reach LiveKit itself.
    const web = gated
      ? edition
      : await edition.addWeb({ env: { LIVEKIT_PUBLIC_URL: edition.env.LIVEKIT_URL } });
    const db = openDatabase(edition.env.DATABASE_URL);
    const browser = await launchBrowser();
    try {
      const cast = await insertPeople(db, { status: "scheduled" });
      const { people, path: address, stream, pass, grant } = cast;
      const host = { url: edition.url, db, userId: people.host.id, streamId: stream.id };
      const { page: studio } = await openStudio(browser, host);
      await goLive(studio);
      const owner = await signIn(db, people.owner.id);
      for (let round = 1; round <= rounds; round += 1) {
        const profile = await openProfile(browser, { url: web.url, db, userId: people.viewer.id });
        const client = await openHostile(profile, {
          address,
          url: gated ? undefined : edition.env.LIVEKIT_URL,
        });
        await client.join();
        for (let waited = 0; (await client.frames()) === 0; waited += 1) {
          if (waited > 40) throw new Error("it saw nothing before its revocation");
          await pause(500);
        }
        await client.join();
        // Another device goes to the other doors, once.
        const second =
          gated && round === rounds
            ? await openProfile(browser, { url: web.url, db, userId: people.viewer.id })
            : undefined;
        const other = second && (await openDoors(second, { edition, db, cast }));
        await client.loop(4);
        await pause(1_000);
        const revoked = await fetch(
          `${edition.url}/account/passes/${pass.id}/grants/${grant.id}/cancellation`,
          {
            method: "POST",
            headers: { cookie: owner.cookie, origin: edition.url },
            body: new URLSearchParams({ reason: "For the test" }),
            redirect: "manual",
          },
        );
        if (revoked.status !== 302) throw new Error(`the grant was not taken back (${revoked.status})`);
        await pause(3_000);
        const before = await client.frames();
        await pause(lookSeconds * 1_000);
        (gated ? on : off).push((await client.frames()) - before);
        const counted = answers[gated ? "on" : "off"];
        for (const [answer, count] of Object.entries(await client.answers()))
          counted[answer] = (counted[answer] ?? 0) + count;
        doors = (await other?.tryAll()) ?? doors;
        await other?.close();
        await second?.close();
        say(`round ${round} of ${rounds}: ${(gated ? on : off).at(-1)} frames in ${lookSeconds} s`);
        // The device gives up its place, which the next one needs.
        await profile.request.post(`${web.url}/sign-out`, { headers: { origin: web.url } });
        await profile.close();
        await db.updateTable("access_grants").set({ status: "active" }).where("id", "=", grant.id).execute();
      }
    } finally {
      await browser.close();
      await db.destroy();
      await edition.stop();
      await rm(dir, { recursive: true, force: true });
    }
  }
  const most = Math.max(...on);
  return {
    keys: { frames_after_3s: most, off_frames_after_3s: Math.max(...off) },
    rows: [
      {
        what: `frames decoded from 3 s to ${3 + lookSeconds} s after, each round, gate on`,
        value: on.join(" "),
      },
      { what: "the same, gate off", value: off.join(" ") },
      { what: "what its attempts were answered, gate on", value: inWords(answers.on) },
      { what: "the same, gate off", value: inWords(answers.off) },
      ...Object.entries(doors?.said ?? {}).map(([door, said]) => ({
        what: `other doors, gate on: ${door}`,
        value: JSON.stringify(said),
      })),
    ],
    missed: [
      ...(most > 0 ? [`${most} frames with the gate on, goal 0`] : []),
      ...(doors?.open ?? ["none was tried"]).map((door) => `other doors: ${door}, goal none open`),
    ],
  };
};

/** A device that has gone through every door that is open to viewers. */
async function openDoors(
  profile: BrowserContext,
  {
    edition,
    db,
    cast,
  }: {
    edition: Awaited<ReturnType<typeof startEdition>>;
    db: Db;
    cast: Awaited<ReturnType<typeof insertPeople>>;
  },
) {
  const of = { experienceId: cast.experience.id, createdBy: cast.people.owner.id };
  const earlier = await insertStream(db, { ...of, status: "live" });
  const { recordingId } = await insertReadyRecording(edition.env, earlier.id);
  const segments = ["index.m3u8", "1/0.ts"].map((file) => `/media/${earlier.id}/${recordingId}/${file}`);
  const doors = await openHostileDoors(profile, {
    url: edition.url,
    address: cast.path,
    segments,
    unserved: [],
  });
  const { open, said } = await doors.tryAll();
  if (open.join() !== waysOfViewers.join())
    throw new Error(`what was open before is not what viewers need: ${JSON.stringify(said)}`);
  return doors;
}

const inWords = (answers: Record<string, number>) =>
  Object.entries(answers)
    .map(([answer, count]) => `${answer}: ${count}`)
    .join(", ");
