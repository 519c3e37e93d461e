import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { egressEvents, newRoom, playCourse, stored } from "./play.ts";
import { isAlive, openStage, recordingsOf, type Stage, until } from "./stage.ts";

/**
 * Holds the recorder in `local/` against a real LiveKit Egress, whose calls and webhooks stand in
 * `tests/fixtures/egress-wire.jsonl`: field by field and course by course, times apart. Each test is called after its
 * course. It runs against another egress service when LIVEKIT_EGRESS_URL says where: see `stage.ts`.
 */
const own = !process.env.LIVEKIT_EGRESS_URL;
/** Courses wait for one another: see `play.ts`. */
const options = { timeout: 150_000 };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage?.close(), 60_000);

describe.concurrent("the recorder goes the same course as a real LiveKit Egress", () => {
  test("wrong secret of the store", options, async () => {
    await playCourse(stage, "wrong secret of the store", async ({ room, start, events }) => {
      await stage.publish(room);
      await start(2, { secret: "WRONG" });
      await events(3);
    });
  });

  test("bucket does not exist", options, async () => {
    await playCourse(stage, "bucket does not exist", async ({ room, start, events }) => {
      await stage.publish(room);
      await start(4, { bucket: "nope" });
      await events(3);
    });
  });

  test("room does not exist", options, async () => {
    await playCourse(stage, "room does not exist", async ({ room, start }) => {
      await stage.rooms.deleteRoom(room);
      await expect(start(2)).rejects.toMatchObject({ status: 404 });
    });
  });

  test("nobody publishes, then stopped", options, async () => {
    await playCourse(stage, "nobody publishes, then stopped", async ({ start, events, recorderIsIn }) => {
      const egressId = await start(2);
      await recorderIsIn();
      await stage.client.listEgress({ active: true });
      await stage.client.stopEgress(egressId);
      await events(2);
      await expect(stage.client.stopEgress(egressId)).rejects.toMatchObject({ status: 412 });
    });
  });

  test("2 s segments; room deleted while recording", options, async () => {
    const name = "2 s segments; room deleted while recording";
    const { prefix, egressId } = await playCourse(stage, name, async ({ room, start, events, stored }) => {
      await stage.publish(room);
      await start(2);
      await stored("seg_00001.ts");
      await stage.rooms.deleteRoom(room);
      await events(4);
    });
    await expectWhole(prefix, egressId, 2);
  });

  test("2 s segments; the last publisher leaves", options, async () => {
    const name = "2 s segments; the last publisher leaves";
    const { prefix, egressId } = await playCourse(stage, name, async ({ room, start, events, stored }) => {
      const publisher = await stage.publish(room);
      await start(2);
      await stored("live.m3u8");
      await publisher.leave();
      await events(4);
    });
    await expectWhole(prefix, egressId, 2);
  });

  test("stopped three times", options, async () => {
    const { prefix, egressId } = await playCourse(stage, "stopped three times", async (play) => {
      await stage.publish(play.room);
      const id = await play.start(6);
      await play.stored("live.m3u8");
      await Promise.all([1, 2, 3].map(() => stage.client.stopEgress(id)));
      await play.events(4);
    });
    await expectWhole(prefix, egressId, 6);
  });

  test.runIf(own)("handler process killed with -9, while another one records on", options, async () => {
    const recorder = await stage.startRecorder();
    const other = await newRoom(stage);
    const name = "handler process killed with -9";
    const { prefix } = await playCourse(
      stage,
      name,
      async ({ room, start, events, stored: isStored }) => {
        await Promise.all([stage.publish(room), stage.publish(other)]);
        const egressId = await start(4);
        const [pid] = recordingsOf(recorder.child);
        const { egressId: otherId } = await recorder.client.startRoomCompositeEgress(other, {
          segments: stage.output(other, 2),
        });
        await isStored("live.m3u8");
        process.kill(pid!, "SIGKILL");
        await events(3);
        await recorder.client.listEgress({ egressId });
        const written = (await stage.listKeys(other)).filter((key) => key.endsWith(".ts")).length;
        await stored(stage, other, `seg_0000${written}.ts`);
        await recorder.client.stopEgress(otherId);
      },
      recorder.client,
    );
    expect(await names(prefix)).toEqual(["index.m3u8", "live.m3u8", "seg_00000.ts"]);
    expect(String(await stage.read(`${prefix}/index.m3u8`))).not.toContain("ENDLIST");
    await until("the other one is complete", () => egressEvents(stage, other).length === 4);
    expect(egressEvents(stage, other)[3]!.body.egressInfo.status).toBe("EGRESS_COMPLETE");
  });

  test.runIf(own)("whole recorder killed with -9", options, async () => {
    const keeping = { RECORDER_STATE_FILE: stage.stateFile("killed") };
    const recorder = await stage.startRecorder(keeping);
    let waited = 0;
    const name = "whole recorder killed with -9";
    await playCourse(
      stage,
      name,
      async ({ room, start, stored }) => {
        await stage.publish(room);
        const egressId = await start(4);
        await stored("live.m3u8");
        const [recording] = recordingsOf(recorder.child);
        recorder.child.kill("SIGKILL");
        await until("the recording's process has ended as well", () => !isAlive(recording!));
        const { client } = await stage.startRecorder(keeping);
        await client.listEgress({ active: true });
        const asked = Date.now();
        await expect(client.stopEgress(egressId)).rejects.toMatchObject({ status: 408 });
        waited = Date.now() - asked;
        await client.listEgress({ egressId });
        await client.listEgress({ egressId });
      },
      recorder.client,
    );
    expect(waited).toBeGreaterThan(2_500);
  });
});

test.runIf(own)("every webhook is signed over its body by the webhook pair", () => {
  expect(stage.unsigned).toEqual([]);
});

/** What a proper end leaves: all segments, both playlists with their end, a manifest that names every segment. */
async function expectWhole(prefix: string, egressId: string, segmentSeconds: number) {
  const index = String(await stage.read(`${prefix}/index.m3u8`));
  const segments = [...index.matchAll(/^seg_\d{5}\.ts$/gm)].map(([name]) => name);
  expect(segments.length).toBeGreaterThan(0);
  expect(segments).toEqual(segments.map((_, number) => `seg_${String(number).padStart(5, "0")}.ts`));
  expect(await names(prefix)).toEqual([`${egressId}.json`, "index.m3u8", "live.m3u8", ...segments]);

  const head = `#EXTM3U\n#EXT-X-VERSION:4\n`;
  const common = `#EXT-X-ALLOW-CACHE:NO\n#EXT-X-TARGETDURATION:${segmentSeconds}\n#EXT-X-MEDIA-SEQUENCE:`;
  expect(index).toMatch(head + `#EXT-X-PLAYLIST-TYPE:EVENT\n${common}0\n`);
  const live = String(await stage.read(`${prefix}/live.m3u8`));
  expect(live).toMatch(head + `${common}${Math.max(0, segments.length - 5)}\n`);
  const entry =
    /#EXT-X-PROGRAM-DATE-TIME:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n#EXTINF:(\d\.\d{3}),\nseg_\d{5}\.ts\n/g;
  expect(index.replace(/^[^]*MEDIA-SEQUENCE:0\n/, "").replaceAll(entry, "")).toBe("#EXT-X-ENDLIST\n");
  const lengths = [...index.matchAll(entry)].map(([, seconds]) => Number(seconds));
  expect(lengths.slice(0, -1)).toEqual(lengths.slice(0, -1).map(() => segmentSeconds));

  const manifest = JSON.parse(String(await stage.read(`${prefix}/${egressId}.json`)));
  expect(Object.keys(manifest)).toEqual([
    ...["egress_id", "room_id", "room_name", "started_at", "ended_at", "playlists"],
  ]);
  expect(manifest.playlists[0].segments.map(({ filename }: { filename: string }) => filename).sort()).toEqual(
    segments.map((name) => `${prefix}/${name}`),
  );
}

const names = async (prefix: string) =>
  (await stage.listKeys(prefix)).map((key) => key.slice(prefix.length + 1));
