import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { notifyPeople } from "#app/domain/changes/notices.ts";
import { type Db, openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { type HostileClient, openHostile } from "#tests/browser/hostile.ts";
import { goLive, launchBrowser, openProfile, openStudio } from "#tests/browser/people.ts";
import { insertGrant, insertPass, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { type Bench, type Measured, round } from "./bench.ts";
import { openChatDoor, openPage, watchChannel } from "./chat-tools.ts";
import { pause } from "./processes.ts";

export const name = "expire";
export const title =
  "10 000 grants that end in the same second, among them 200 open pages, 20 viewers of the live picture and 40 in the chat: the last one dark, and as many marked";

const grants = 10_000;
const sockets = 200;
const viewers = 20;
const chatters = 40;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder"] });
  const db = openDatabase(edition.env.DATABASE_URL);
  const browser = await launchBrowser();
  try {
    const { people, path: address, stream, pass, space } = await insertPeople(db, { status: "scheduled" });
    await sql`update access_passes set at_expiry = 'cut' where id = ${pass.id}::uuid`.execute(db);
    const host = { url: edition.url, db, userId: people.host.id, streamId: stream.id };
    const { page: studio } = await openStudio(browser, { ...host, smallPicture: true });
    await goLive(studio);
    say(`${viewers} viewers, ${sockets} open pages, ${chatters} in the chat, ${grants} grants …`);
    const holders: string[] = [];
    const hold = async () => {
      const { id: userId } = await insertUser(db);
      await insertGrant(db, { passId: pass.id, userId });
      holders.push(userId);
      return userId;
    };
    const watching: HostileClient[] = [];
    for (let count = 0; count < viewers; count += 1) {
      const profile = await openProfile(browser, { url: edition.url, db, userId: await hold() });
      // A page with nothing but the picture: twenty of ours are more than two cores show.
      const client = await openHostile(profile, { address });
      await client.join();
      watching.push(client);
    }
    const endedAt: number[] = [];
    const open = [];
    for (let count = 0; count < sockets; count += 1) {
      const { cookie } = await signIn(db, await hold());
      open.push(
        await openPage(edition, { streamId: stream.id, cookie }, (text) => {
          if (text.includes('"access-ended"')) endedAt.push(Date.now());
        }),
      );
    }
    const admit = openChatDoor(edition, db, stream.id);
    const outOfChat: number[] = [];
    for (let count = 0; count < chatters; count += 1) {
      const { socket } = await watchChannel(await admit(await hold()), (text) => {
        if (text.includes('"notification.removed_from_channel"')) outOfChat.push(Date.now());
      });
      open.push(socket);
    }
    await holdByMany(db, { passId: pass.id, many: grants - holders.length });
    const lastFrames = () => Promise.all(watching.map((client) => client.lastFrame()));
    for (let waited = 0; (await lastFrames()).includes(0); waited += 1) {
      if (waited > 300) throw new Error("not every viewer saw the picture");
      await pause(100);
    }

    const end = await letEnd(db, { passId: pass.id, but: people.ended.id });
    await notifyPeople(db, holders);
    const markedBeside = await untilMarked(db, { passId: pass.id, end });
    for (let waited = 0; outOfChat.length < chatters || waited < 80; waited += 1) {
      if (waited > 600) throw new Error(`only ${outOfChat.length} of ${chatters} left the chat`);
      await pause(100);
    }
    const dark = (await lastFrames()).map((at) => at - end);
    const told = endedAt.map((at) => at - end);
    const left = outOfChat.map((at) => at - end);
    if (told.length < sockets) throw new Error(`only ${told.length} of ${sockets} pages were told`);
    const early = [...told, ...left].filter((ms) => ms < -5).length;
    if (early > 0 || Math.min(...dark) < -1_000) throw new Error("some were dark before their end");
    for (const socket of open) socket.terminate();

    // The browser decodes and encodes on the same two cores: how long the marks take is measured once more without it.
    say("the marks alone …");
    await browser.close();
    const alone = await insertPass(db, { spaceId: space.id, experienceIds: [] });
    await holdByMany(db, { passId: alone.id, many: grants });
    const marked = await untilMarked(db, {
      passId: alone.id,
      end: await letEnd(db, { passId: alone.id, but: people.ended.id }),
    });
    const last = Math.max(...dark, ...told, ...left, marked);
    return {
      keys: { last_ms: round(last) },
      rows: [
        {
          what: `last frame of the slowest of ${viewers} viewers, ms after the end`,
          value: String(round(Math.max(...dark))),
        },
        { what: `the last of ${sockets} pages told, ms after`, value: String(round(Math.max(...told))) },
        {
          what: `the last of ${chatters} out of the chat, ms after`,
          value: String(round(Math.max(...left))),
        },
        { what: `the last of ${grants} grants marked, ms after`, value: String(round(marked)) },
        {
          what: "the same beside a browser that decodes for all viewers on the same cores (not judged)",
          value: String(round(markedBeside)),
        },
      ],
      missed: last > 5_000 ? [`the last of all after ${round(last)} ms, goal at most 5000`] : [],
    };
  } finally {
    await browser.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** Gives the pass to `many` more people. */
async function holdByMany(db: Db, { passId, many }: { passId: string; many: number }) {
  await sql`
    insert into users (email)
    select 'expire-' || ${passId} || '-' || n || '@example.com' from generate_series(1, ${many}::int) n
  `.execute(db);
  // A database that has stood for a minute knows how large its tables are: autovacuum tells it.
  await sql`analyze users`.execute(db);
  await sql`
    insert into access_grants (access_pass_id, user_id, source)
    select ${passId}::uuid, id, 'given' from users where email like ${`expire-${passId}-%`}
  `.execute(db);
  await sql`analyze access_grants`.execute(db);
}

/** Has every grant of the pass end in ten seconds, except this person's, which has ended. Gives the instant. */
async function letEnd(db: Db, { passId, but }: { passId: string; but: string }): Promise<number> {
  const { rows } = await sql<{ at: Date }>`
    update access_grants set ends_at = date_trunc('milliseconds', statement_timestamp()) + interval '10 seconds'
    where access_pass_id = ${passId}::uuid and status = 'active' and user_id <> ${but}::uuid returning ends_at as at
  `.execute(db);
  if (rows.length < grants) throw new Error(`only ${rows.length} grants end`);
  return rows[0]!.at.getTime();
}

/** How many milliseconds after their end the last of the pass's grants was marked. */
async function untilMarked(db: Db, { passId, end }: { passId: string; end: number }): Promise<number> {
  await pause(Math.max(0, end - Date.now()));
  const isMarked = async () => {
    const { rows: left } = await sql`
      select from access_grants
      where access_pass_id = ${passId}::uuid and status = 'active' and ends_at <= to_timestamp(${end / 1000}) limit 1
    `.execute(db);
    return left.length === 0;
  };
  while (!(await isMarked())) {
    if (Date.now() - end > 60_000) throw new Error("not every grant was marked within 60 s");
    await pause(50);
  }
  return Date.now() - end;
}
