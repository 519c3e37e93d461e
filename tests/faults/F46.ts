import { mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { exportRows } from "#tests/integration/recording-fixtures.ts";
import type { Fault, Tools } from "./fault.ts";
import { linesOf, mostMemoryOf, sendImport } from "./full-disk-tools.ts";
import { attemptsOf, awaitSegments, endToReplay, gapsOf, partsInWords } from "./recorder-tools.ts";
import { insertSixHours, untilSixHours } from "./six-hours.ts";
import { mountSmallDisk } from "./small-disk.ts";
import { comesTo, insertStopped, largeSegments, untilExported, untilReady } from "./storage-tools.ts";
import { goOnAir, promise, until } from "./studio-tools.ts";

export const name = "F46";
export const title =
  "No byte of room on web's and the worker's disk, none in storage; storage that takes bytes without end";

export const run: Fault["run"] = async (tools) => {
  const { edition, storage, store, say } = tools;
  const temporary = await mountSmallDisk(path.join(tmpdir(), `frontrow-full-${process.pid}`), 1);
  let objects: Awaited<ReturnType<typeof mountSmallDisk>> | undefined;
  try {
    const disk = await swapDisk(tools);
    objects = disk;
    say("encoding what was recorded …");
    const segments = await largeSegments(5);
    const control = await insertStopped(tools, [segments]);
    await untilReady(tools, control, 60);
    await untilExported(tools, control, 120);
    const expected = await comesTo(tools, control);

    say("web and worker without a byte of temporary room");
    await temporary.fill();
    const TMPDIR = temporary.folder;
    await Promise.all(["web", "worker"].map((part) => edition.part(part).restart({ env: { TMPDIR } })));
    const refused = await sendImport(tools, control);
    promise(refused.status === 503, `a file is refused (${refused.status})`);
    promise(refused.says, "with a sentence beside its field");
    promise((await linesOf(edition.part("web"), '"event":"disk.full"')) > 0, "and the log says it");
    promise(refused.imports === 0, "nothing of it is there");
    const roomless = await insertStopped(tools, [segments]);
    await untilReady(tools, roomless, 60);
    await untilExported(tools, roomless, 120);
    promise(same(await comesTo(tools, roomless), expected), "a replay and its files need no disk");
    const left = (await readdir(TMPDIR)).filter((file) => file !== "ballast");
    promise(left.length === 0, `nothing was left there (${left.join(", ")})`);
    await temporary.empty();
    const taken = await sendImport(tools, control);
    promise(taken.status === 303, `with room again the same file is taken (${taken.status})`);

    say("storage takes an MP4 so slowly that it would take days, while another one of six hours is made");
    let hung = "nothing";
    const slow = storage.make({
      methods: ["PUT"],
      only: ({ key, query }) => key.includes(hung) && query.has("partNumber"),
      trouble: { takePerSecond: 100 },
    });
    const stopped = await insertStopped(tools, [segments]);
    hung = stopped.exports;
    await untilReady(tools, stopped, 60);
    const long = await insertSixHours(tools);
    const { tookMs: hungMs } = await until(
      () => mp4Of(tools, stopped.recordingId),
      (mp4) => mp4?.reason !== "",
      { seconds: 150, words: "the MP4 was given back" },
    );
    promise(slow.hits > 0, "it was being sent");
    promise((await mp4Of(tools, stopped.recordingId))?.status !== "ready", "it is not ready");
    const { durationMs, bytes } = await untilSixHours(tools, long);
    promise(Math.abs(durationMs - 6 * 3_600_000) < 10_000, `it has six hours (${durationMs} ms)`);
    const memory = await mostMemoryOf(edition.part("worker"));
    promise(memory <= 400, `the worker needed ${memory} MiB at most`);
    slow.lift();
    storage.calm();
    await untilExported(tools, stopped, 120);
    promise(same(await comesTo(tools, stopped), expected), "and whole in the end");

    const air = await goOnAir(tools);
    try {
      await awaitSegments(tools, air.stream.id, { attempt: 1, count: 2 });
      const mp4s = storage.make({ methods: ["PUT", "POST"], key: /\.mp4$/, trouble: { refuse: 503 } });
      const waiting = await insertStopped(tools, [segments]);
      await untilReady(tools, waiting, 60);
      say(`storage's disk is full (${Math.round((await disk.fill()) / 1e6)} MB of nothing)`);
      mp4s.lift();
      // "an export failed", and it was an MP4.
      const failed = () => linesOf(edition.part("worker"), '"kind":"mp4","tries":');
      const failedBefore = await failed();
      const words = air.studio.getByText(/Not recording: the recorder stopped/);
      const { tookMs: toldMs } = await until(
        () => words.isVisible(),
        (seen) => seen,
        { seconds: 60, words: "the host is told" },
      );
      await air.studio.waitForTimeout(10_000);
      // The queue pauses before each try, longer and longer.
      await until(failed, (lines) => lines > failedBefore, {
        seconds: 120,
        words: "its MP4 was tried with the disk full, and the log says that it failed",
      });
      const unmade = await mp4Of(tools, waiting.recordingId);
      promise(unmade?.status === "waiting", `its MP4 is not ready (${unmade?.status})`);
      promise(/Storage does not take it/.test(unmade.reason), "and its creator reads why");
      const before = await attemptsOf(tools, air.stream.id);
      say("there is room again");
      await disk.empty();
      const next = await until(
        () => attemptsOf(tools, air.stream.id),
        (attempts) => attempts.length >= before.length && attempts.at(-1)!.good >= 2,
        { seconds: 90, words: "it is recorded again" },
      );
      await untilExported(tools, waiting, 240);
      promise(same(await comesTo(tools, waiting), expected), "and the MP4 is what it would have been");
      const parts = await endToReplay(tools, air);
      return {
        did: `web and worker with a full temporary folder; an MP4's parts taken at 100 bytes a second; storage's own disk full while live and while an MP4 was sent, then room again`,
        saw: `a file refused with a sentence and a line in the log, replays and files made without any disk; the slow MP4 given back after ${Math.round(hungMs / 1000)} s and whole later; the host told after ${toldMs} ms, recorded again ${next.tookMs} ms after there was room (attempt ${next.value.length}); nothing half-written was ready, all files the same bytes; replay of parts ${partsInWords(parts)}, gaps of ${gapsOf(parts).join(", ")} ms marked; an MP4 of six hours (${Math.round(bytes / 1e6)} MB) beside it, the worker needed ${memory} MiB at most`,
      };
    } finally {
      await air.close();
    }
  } finally {
    const env = { TMPDIR: tmpdir() };
    await Promise.all(["web", "worker"].map((part) => edition.part(part).restart({ env })));
    await temporary.close();
    await store.part("storage").stop();
    await objects?.empty();
    await objects?.closeAndKeep();
    await store.part("storage").start();
    await rm(temporary.folder, { recursive: true });
  }
};

/** Storage gets a small disk of its own, with its empty bucket. */
async function swapDisk({ store }: Tools) {
  const part = store.part("storage");
  await part.stop();
  const disk = await mountSmallDisk(path.join(store.dir, "storage/objects"), 1_600);
  try {
    await mkdir(path.join(disk.folder, store.env.S3_BUCKET));
    await part.start();
    return disk;
  } catch (error) {
    await disk.close();
    throw error;
  }
}

async function mp4Of({ db }: Tools, recordingId: string) {
  return (await exportRows(db, recordingId)).find(({ kind }) => kind === "mp4");
}

const same = (came: unknown, expected: unknown) => JSON.stringify(came) === JSON.stringify(expected);
