import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deleteOld } from "#app/domain/retention/retention.ts";
import { enqueue } from "#app/jobs/queue.ts";
import { ago, insertPeople, signIn } from "#tests/factories.ts";
import { handlers } from "#worker/handlers/index.ts";
import { startSchedule, takeTurn } from "#worker/schedule.ts";
import { jobNames } from "#app/jobs/catalog.ts";
import { startLine } from "./database-line.ts";
import {
  attemptRows,
  insertLiveRecording,
  recordingRow,
  segmentsOf,
  writeSegments,
} from "./recording-fixtures.ts";
import { startScriptedLiveKit } from "./scripted-livekit.ts";
import { openTestServices } from "./setup.ts";
import { stopRecording } from "#app/domain/recordings/recordings.ts";

let livekit: Awaited<ReturnType<typeof startScriptedLiveKit>>;
let test: Awaited<ReturnType<typeof openTestServices>>;
const started: ChildProcess[] = [];
beforeAll(async () => {
  livekit = await startScriptedLiveKit();
  test = await openTestServices({ env: { LIVEKIT_URL: livekit.url, LIVEKIT_EGRESS_URL: livekit.url } });
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await test.close();
  await livekit.close();
});

/** A worker process of its own, on the test's database. */
async function startWorker(databaseUrl = test.services.config.databaseUrl) {
  const { config } = test.services;
  const { livekit: lk, storage: s3 } = config;
  const child = spawn(process.execPath, ["worker/main.ts"], {
    cwd: path.join(import.meta.dirname, "../.."),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      PUBLIC_URL: config.publicUrl,
      SESSION_SECRET: config.sessionSecrets.join(","),
      DATABASE_URL: databaseUrl,
      LIVEKIT_URL: lk.url,
      LIVEKIT_EGRESS_URL: lk.egressUrl,
      LIVEKIT_API_KEY: lk.apiKey,
      LIVEKIT_API_SECRET: lk.apiSecret,
      LIVEKIT_WEBHOOK_KEY: lk.webhookKey,
      LIVEKIT_WEBHOOK_SECRET: lk.webhookSecret,
      S3_ENDPOINT: s3.endpoint,
      S3_REGION: s3.region,
      S3_BUCKET: s3.bucket,
      S3_ACCESS_KEY_ID: s3.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
      SMTP_URL: config.mail.url,
      MAIL_FROM: config.mail.from,
      STREAM_API_KEY: config.stream.apiKey,
      STREAM_API_SECRET: config.stream.apiSecret.join(","),
      STREAM_URL: config.stream.url,
      LOG_LEVEL: "warn",
    } as unknown as NodeJS.ProcessEnv,
  });
  started.push(child);
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await until(() => /ready/.test(printed) || child.exitCode !== null, 90);
  if (child.exitCode !== null) throw new Error(`the worker ended: ${printed}`);
  return { child, exit, printed: () => printed };
}

async function until(isTrue: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it("has a handler for each job of the catalog", () => {
  expect(Object.keys(handlers).sort()).toEqual([...jobNames].sort());
});

it("gives each turn of a periodic task to one worker", async () => {
  const task = { name: "a-task-of-the-tests", everySeconds: 60 };
  const turns = await Promise.all(Array.from({ length: 8 }, () => takeTurn(test.db, task)));
  expect(turns.filter(Boolean)).toHaveLength(1);
  await sql`update worker_ticks set ran_at = ran_at - interval '61 seconds' where name = ${task.name}`.execute(
    test.db,
  );
  expect(await takeTurn(test.db, task)).toBe(true);
});

it("goes on with the other tasks and comes back when one of them fails", async () => {
  let runs = 0;
  const fails = {
    name: "fails",
    everySeconds: 0.1,
    run: () => Promise.reject(new Error(`failure ${runs++}`)),
  };
  let others = 0;
  const works = { name: "works", everySeconds: 0.1, run: async () => void others++ };
  const schedule = startSchedule(test.services, [fails, works]);
  await until(() => runs >= 2 && others >= 2);
  await schedule.stop();
  const [before, beforeOthers] = [runs, others];
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([runs, others]).toEqual([before, beforeOthers]);
});

it("goes on with a task whose turn hangs, where that may be, and waits for it in the end", async () => {
  let [runs, done] = [0, 0];
  const hanging = new AbortController();
  const run = async () => {
    if (runs++ === 0) await new Promise((resolve) => hanging.signal.addEventListener("abort", resolve));
    done++;
  };
  const schedule = startSchedule(test.services, [
    { name: "hangs", everySeconds: 0.1, run, waitSeconds: 0.1 },
  ]);
  await until(() => runs >= 3);
  const stopping = schedule.stop();
  expect(done).toBeLessThan(runs);
  hanging.abort();
  await stopping;
  expect(done).toBe(runs);
});

it("records a stream from going live to the replay, over a database that drops every connection", async () => {
  const { db, services } = test;
  const worker = await startWorker();
  const live = await insertLiveRecording(services);
  livekit.publishing.add(live.streamId);
  await until(async () => (await attemptRows(db, live.recordingId))[0]?.status === "starting");
  const egress = livekit.egresses.find(({ roomName }) => roomName === live.streamId)!;
  egress.status = "EGRESS_ACTIVE";
  const segments = await segmentsOf("x264");
  await writeSegments(services.storage, egress.prefix, segments.slice(0, 2));
  await until(async () => (await recordingRow(db, live.recordingId)).status === "recording");

  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`
    .execute(db)
    .catch(() => {});
  expect(worker.child.exitCode).toBeNull();

  await writeSegments(services.storage, egress.prefix, segments);
  await until(async () => {
    const { count } = await db
      .selectFrom("streaming_recording_segments as s")
      .innerJoin("streaming_recording_attempts as a", "a.id", "s.attempt_id")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("a.recording_id", "=", live.recordingId)
      .executeTakeFirstOrThrow();
    return Number(count) === segments.length;
  });
  const begun = performance.now();
  await db.transaction().execute(async (trx) => {
    await sql`update streams set status = 'ended', ended_at = now(), ended_reason = 'host' where id = ${live.streamId}`.execute(
      trx,
    );
    await stopRecording(trx, services.queue, { streamId: live.streamId });
  });
  await until(() => egress.status === "EGRESS_ENDING");
  egress.status = "EGRESS_COMPLETE";
  await until(async () => (await recordingRow(db, live.recordingId)).status === "ready");
  expect(performance.now() - begun).toBeLessThan(8000);
  await until(async () => {
    const rows = await db
      .selectFrom("streaming_recording_exports")
      .select("status")
      .where("recording_id", "=", live.recordingId)
      .execute();
    return rows.length === 3 && rows.every(({ status }) => status === "ready");
  });

  worker.child.kill("SIGTERM");
  expect(await worker.exit).toBe(0);
}, 90_000);

it("goes on by itself after a database that fell silent, and another one in its place", async () => {
  const { db, services } = test;
  const line = await startLine(services.config.databaseUrl);
  const worker = await startWorker(line.url);
  const { grant, stream } = await insertPeople(db, { status: "ended" });
  const statusOf = async () =>
    (
      await db
        .selectFrom("access_grants")
        .select("status")
        .where("id", "=", grant.id)
        .executeTakeFirstOrThrow()
    ).status;
  // What each of its loops has asked by then is never answered.
  line.fallSilent();
  const silent = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const closes = livekit.count("DeleteRoom");
  await db
    .updateTable("access_grants")
    .set({ starts_at: ago("1 day"), ends_at: ago("1 second") })
    .where("id", "=", grant.id)
    .execute();
  await db
    .transaction()
    .execute((trx) => enqueue(trx, services.queue, "stream.close-room", { streamId: stream.id }));
  const lastTick = async () =>
    (await sql<{ at: Date }>`select max(ran_at) as at from worker_ticks`.execute(db)).rows[0]!.at;
  const ticked = await lastTick();
  expect(await statusOf()).toBe("active");
  line.speak();
  await until(async () => (await statusOf()) === "expired", 45);
  await until(() => livekit.count("DeleteRoom") > closes, 45);
  await until(async () => (await lastTick()) > ticked, 45);
  expect(worker.child.exitCode).toBeNull();
  // The last question that was never answered is given up after 30 s; only then is there nothing that it waits for.
  await new Promise((resolve) => setTimeout(resolve, silent + 36_000 - Date.now()));
  worker.child.kill("SIGTERM");
  expect(await worker.exit).toBe(0);
  await line.close();
}, 150_000);

it("finishes what it has begun before it ends", async () => {
  const { db, services } = test;
  const worker = await startWorker();
  const live = await insertLiveRecording(services);
  livekit.publishing.add(live.streamId);
  let answer = () => {};
  const slow = new Promise<void>((resolve) => (answer = resolve));
  livekit.instead.set("StartRoomCompositeEgress", async (request) => {
    await slow;
    return livekit.start(request);
  });
  await until(() =>
    livekit.calls.some(
      ({ method, request }) => method === "StartRoomCompositeEgress" && request.roomName === live.streamId,
    ),
  );
  worker.child.kill("SIGTERM");
  setTimeout(answer, 500);
  expect(await worker.exit).toBe(0);
  expect((await attemptRows(db, live.recordingId))[0]!.egress_id).toMatch(/^EG_/);
  livekit.instead.clear();
}, 60_000);

it("takes no further job once it was told to end, also while it finishes something else", async () => {
  const { db, services } = test;
  const live = await insertLiveRecording(services);
  // The worker's regular look starts it then, and is what it has to finish.
  await sql`delete from pgboss.job where name = 'recording.start'`.execute(db);
  livekit.publishing.add(live.streamId);
  let answer = () => {};
  const slow = new Promise<void>((resolve) => (answer = resolve));
  const starts = () =>
    livekit.calls.filter(
      ({ method, request }) => method === "StartRoomCompositeEgress" && request.roomName === live.streamId,
    ).length;
  livekit.instead.set("StartRoomCompositeEgress", async (request) => {
    await slow;
    return livekit.start(request);
  });
  const worker = await startWorker();
  await until(() => starts() > 0);
  worker.child.kill("SIGTERM");
  await new Promise((resolve) => setTimeout(resolve, 500));
  const closes = livekit.count("DeleteRoom");
  await db
    .transaction()
    .execute((trx) => enqueue(trx, services.queue, "stream.close-room", { streamId: crypto.randomUUID() }));
  setTimeout(answer, 3_000);
  expect(await worker.exit).toBe(0);
  expect(livekit.count("DeleteRoom")).toBe(closes);
  livekit.instead.clear();
  const next = await startWorker();
  await until(() => livekit.count("DeleteRoom") > closes);
  next.child.kill("SIGTERM");
  expect(await next.exit).toBe(0);
}, 60_000);

it("puts a job into the queue with its change, or not at all (ASVS 2.3.3)", async () => {
  const { db, services } = test;
  const streamId = crypto.randomUUID();
  await expect(
    db.transaction().execute(async (trx) => {
      await enqueue(trx, services.queue, "stream.close-room", { streamId });
      throw new Error("the change failed");
    }),
  ).rejects.toThrow("the change failed");
  expect(await services.queue.findJobs("stream.close-room", { data: { streamId } })).toEqual([]);
});

it("loses a transaction, and nothing else, when its connection dies between two statements", async () => {
  const { db } = test;
  const lost = db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
    await sql`select pg_terminate_backend(${rows[0]!.pid}, 5000)`.execute(db);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await sql`select 1`.execute(trx);
  });
  await expect(lost).rejects.toThrow();
  expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
});

it("closes the room of a stream that is over, also twice, and leaves a running one alone", async () => {
  const { db, services } = test;
  const closes = () => livekit.count("DeleteRoom");
  const running = await insertPeople(db, { status: "rehearsal" });
  const before = closes();
  await handlers["stream.close-room"](services, { streamId: running.stream.id });
  expect(closes()).toBe(before);
  const over = await insertPeople(db, { status: "ended" });
  await handlers["stream.close-room"](services, { streamId: over.stream.id });
  await handlers["stream.close-room"](services, { streamId: over.stream.id });
  expect(closes()).toBe(before + 2);
});

it("deletes what nobody needs any more, and nothing else", async () => {
  const { db } = test;
  const { stream, people } = await insertPeople(db);
  const event = (event_id: string, received_at: ReturnType<typeof ago>) =>
    ({ provider: "livekit", event_id, kind: "k", body: "{}", received_at }) as const;
  await db
    .insertInto("webhook_events")
    .values([event("old", ago("31 days")), event("new", ago("1 day"))])
    .execute();
  // A busy chat's: more than are deleted at a time.
  await sql`
    insert into webhook_events (provider, event_id, kind, body, received_at)
    select 'chat', n::text, 'message.new', '{}', now() - interval '3 days' from generate_series(1, 2500) n
  `.execute(db);
  const presence = (tab: string, seen_live: boolean, last_seen: ReturnType<typeof ago>) =>
    ({ stream_id: stream.id, user_id: people.viewer.id, tab, audience: true, seen_live, last_seen }) as const;
  await db
    .insertInto("stream_presence")
    .values([
      presence("looked", false, ago("2 days")),
      presence("watched", true, ago("2 days")),
      presence("looks", false, ago("1 minute")),
    ])
    .execute();
  const { sessionId: ended } = await signIn(db, people.viewer.id);
  const { sessionId: kept } = await signIn(db, people.viewer.id);
  await db
    .updateTable("sessions")
    .set({ ended_at: ago("31 days") })
    .where("id", "=", ended)
    .execute();
  await Promise.all([deleteOld(db), deleteOld(db)]);
  expect(
    await db
      .selectFrom("webhook_events")
      .select("event_id")
      .where("event_id", "in", ["old", "new"])
      .execute(),
  ).toEqual([{ event_id: "new" }]);
  expect(
    await db.selectFrom("webhook_events").select("event_id").where("provider", "=", "chat").execute(),
  ).toEqual([]);
  expect(
    await db
      .selectFrom("stream_presence")
      .select("tab")
      .where("stream_id", "=", stream.id)
      .orderBy("tab")
      .execute(),
  ).toEqual([{ tab: "looks" }, { tab: "watched" }]);
  expect(
    await db.selectFrom("sessions").select("id").where("user_id", "=", people.viewer.id).execute(),
  ).toEqual([{ id: kept }]);
});
