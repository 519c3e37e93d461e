import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { notifyPeople } from "#app/domain/changes/notices.ts";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { type HostileClient, openHostile } from "#tests/browser/hostile.ts";
import { goLive, launchBrowser, openProfile, openStudio } from "#tests/browser/people.ts";
import { insertGrant, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { type Bench, type Measured, round } from "./bench.ts";
import { openPage } from "./chat-tools.ts";
import { pause } from "./processes.ts";

export const name = "expire";
export const title =
  "10 000 grants that end in the same second, among them 200 open pages and 20 viewers of the live picture: the last one dark";

const grants = 10_000;
const sockets = 200;
const viewers = 20;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder"] });
  const db = openDatabase(edition.env.DATABASE_URL);
  const browser = await launchBrowser();
  try {
    const { people, path: address, stream, pass } = await insertPeople(db, { status: "scheduled" });
    await sql`update access_passes set at_expiry = 'cut' where id = ${pass.id}::uuid`.execute(db);
    const host = { url: edition.url, db, userId: people.host.id, streamId: stream.id };
    const { page: studio } = await openStudio(browser, { ...host, smallPicture: true });
    await goLive(studio);
    say(`${viewers} viewers, ${sockets} open pages, ${grants} grants …`);
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
    await sql`
      with u as (
        insert into users (email) select 'expire-' || n || '@example.com' from generate_series(1, ${grants - viewers - sockets}::int) n
        returning id
      )
      insert into access_grants (access_pass_id, user_id, source) select ${pass.id}::uuid, id, 'given' from u
    `.execute(db);
    const lastFrames = () => Promise.all(watching.map((client) => client.lastFrame()));
    for (let waited = 0; (await lastFrames()).includes(0); waited += 1) {
      if (waited > 300) throw new Error("not every viewer saw the picture");
      await pause(100);
    }

    const { rows } = await sql<{ at: Date }>`
      update access_grants set ends_at = date_trunc('milliseconds', statement_timestamp()) + interval '10 seconds'
      where access_pass_id = ${pass.id}::uuid and status = 'active' and user_id <> ${people.ended.id}::uuid returning ends_at as at
    `.execute(db);
    if (rows.length < grants) throw new Error(`only ${rows.length} grants end`);
    await notifyPeople(db, holders);
    const end = rows[0]!.at.getTime();
    await pause(end - Date.now() + 8_000);
    const dark = (await lastFrames()).map((at) => at - end);
    const told = endedAt.map((at) => at - end);
    if (told.length < sockets) throw new Error(`only ${told.length} of ${sockets} pages were told`);
    const early = [...told].filter((ms) => ms < -5).length;
    if (early > 0 || Math.min(...dark) < -1_000) throw new Error("some were dark before their end");
    const { rows: marked } = await sql<{ left: number; last: number }>`
      select count(*) filter (where status = 'active')::int as left,
        extract(epoch from max(status_changed_at) - max(ends_at))::float8 * 1000 as last
      from access_grants where access_pass_id = ${pass.id}::uuid and ends_at = to_timestamp(${end / 1000})
    `.execute(db);
    for (const socket of open) socket.terminate();
    const last = Math.max(...dark, ...told);
    return {
      keys: { last_ms: round(last) },
      rows: [
        {
          what: `last frame of the slowest of ${viewers} viewers, ms after the end`,
          value: String(round(Math.max(...dark))),
        },
        { what: `the last of ${sockets} pages told, ms after`, value: String(round(Math.max(...told))) },
        {
          what: `grants not marked 8 s after, and the last mark, ms after`,
          value: `${marked[0]!.left}, ${round(marked[0]!.last)}`,
        },
      ],
      missed: last > 5_000 ? [`the last one dark after ${round(last)} ms, goal at most 5000`] : [],
    };
  } finally {
    await browser.close();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};
