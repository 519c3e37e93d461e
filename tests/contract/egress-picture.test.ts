import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { continuityBetween } from "#app/domain/media/continuity.ts";
import { inspectSegment, type SegmentFacts } from "#app/domain/media/segment.ts";
import { newRoom, stored } from "./play.ts";
import { CAMERA_LUMA, FLASH_LUMA, SCREEN_LUMA } from "./publisher.ts";
import { beepsAfterFlashes, decodeRecording, type Look, median, type Places } from "./recorded.ts";
import { openStage, type Stage, until } from "./stage.ts";

/** What the local recorder makes of what people publish. How another egress lays out its picture is its own affair. */
const own = !process.env.LIVEKIT_EGRESS_URL;
const options = { timeout: 120_000 };

type Colour = readonly [luma: number, blue: number, red: number];

/** Luma and both chroma values of the pictures that the publisher sends, and of the recorder's own slate. */
const CAMERA: Colour = [CAMERA_LUMA, 100, 170];
const SCREEN: Colour = [SCREEN_LUMA, 170, 100];
const SLATE: Colour = [36, 130, 126];

const places: Places = {
  middle: [0.3, 0.6],
  corner: [0.88, 0.9],
  besideCorner: [0.72, 0.9],
  belowCorner: [0.88, 0.985],
  edge: [0.02, 0.5],
};

let stage: Stage;
beforeAll(async () => {
  if (own) stage = await openStage();
}, 60_000);
afterAll(() => stage?.close(), 60_000);

test.runIf(own)(
  "two rooms at once: both show what is published, in step and without a gap",
  options,
  async () => {
    const [room, other] = await Promise.all([newRoom(stage, 60), newRoom(stage, 60)]);
    const [host] = await Promise.all([
      stage.publish(room, { camera: { width: 640, height: 360 }, screen: { width: 1280, height: 720 } }),
      stage.publish(other, { camera: { width: 360, height: 640 } }),
    ]);
    const [recording, otherRecording] = await Promise.all([record(room), record(other)]);

    await sleep(4_000);
    await host.shareScreen(null);
    await sleep(2_800);
    await host.muteCamera(true);
    await sleep(2_800);
    await host.muteCamera(false);
    await sleep(2_800);
    await host.leave();
    await sleep(2_800);
    await stage.publish(room, { camera: { width: 640, height: 360 }, screen: { width: 1920, height: 1080 } });
    await sleep(3_600);
    const [main, second] = await Promise.all([recording.stop(), otherRecording.stop()]);

    const { looks, sound } = await decodeRecording(main.segments, places);
    const large = { middle: SCREEN, edge: SCREEN, besideCorner: SCREEN, belowCorner: SCREEN, corner: CAMERA };
    const all = (colour: Colour) => Object.fromEntries(Object.keys(places).map((name) => [name, colour]));
    expect(
      firstNotSeen(looks, [
        ["screen and camera", large],
        ["camera alone", all(CAMERA)],
        ["nothing to see", all(SLATE)],
        ["camera again", all(CAMERA)],
        ["host away", all(SLATE)],
        ["host back with a larger screen", large],
      ]),
    ).toBeUndefined();

    expectGapless(main.segments, main.lengths);
    const beeps = beepsAfterFlashes({ looks, sound }, "middle");
    expect(beeps.length).toBeGreaterThanOrEqual(8);
    expect(Math.abs(median(beeps))).toBeLessThanOrEqual(200);

    // A portrait camera stands in the middle of a dark picture.
    const portrait = await decodeRecording(second.segments, {
      middle: [0.5, 0.6],
      left: [0.1, 0.5],
      right: [0.9, 0.5],
    });
    const dark: Colour = [22, 129, 126];
    expect(
      firstNotSeen(portrait.looks, [["portrait", { middle: CAMERA, left: dark, right: dark }]]),
    ).toBeUndefined();
    expectGapless(second.segments, second.lengths);
    const otherBeeps = beepsAfterFlashes(portrait, "middle");
    expect(otherBeeps.length).toBeGreaterThanOrEqual(10);
    expect(Math.abs(median(otherBeeps))).toBeLessThanOrEqual(200);
  },
);

/** Records a room until `stop`, which gives what then stands in the bucket. */
async function record(room: string) {
  const { egressId } = await stage.client.startRoomCompositeEgress(room, { segments: stage.output(room, 2) });
  await until("the recording is active", () => stage.webhooksOf(room, "egress_updated").length > 0);
  return {
    async stop() {
      await stage.client.stopEgress(egressId);
      await until("the recording is complete", () => stage.webhooksOf(room, "egress_ended").length > 0);
      await stored(stage, room, `${egressId}.json`);
      const keys = (await stage.listKeys(room)).filter((key) => key.endsWith(".ts"));
      const index = String(await stage.read(`${room}/index.m3u8`));
      return {
        segments: await Promise.all(keys.map((key) => stage.read(key))),
        lengths: [...index.matchAll(/#EXTINF:([\d.]+),/g)].map(([, seconds]) => Number(seconds)),
      };
    },
  };
}

/** Each segment plays on its own, is as long as its playlist says, and goes on where the last one ended. */
function expectGapless(segments: readonly Uint8Array[], lengths: number[]) {
  const facts = segments.map((bytes) => inspectSegment(bytes));
  expect(facts.map((fact) => fact.ok)).toEqual(segments.map(() => true));
  const good = facts as SegmentFacts[];
  expect(good.map(({ video }) => video?.keyFrames)).toEqual(segments.map(() => 1));
  // The last may be a picture or two, and no sound of them.
  expect(good.slice(0, -1).map(({ audio }) => Boolean(audio))).toEqual(segments.slice(0, -1).map(() => true));
  expect(good.slice(0, -1).map(({ durationTicks }) => durationTicks)).toEqual(
    segments.slice(0, -1).map(() => 180_000),
  );
  expect(lengths.slice(0, -1)).toEqual(lengths.slice(0, -1).map(() => 2));
  expect(Math.abs(lengths.at(-1)! - good.at(-1)!.durationTicks / 90_000)).toBeLessThan(0.02);
  expect(good[0]!.firstPts).toBe(3600 * 90_000);
  const joints = good.slice(1).map((next, index) => continuityBetween(good[index]!, next));
  expect(joints.map(({ discontinuous }) => discontinuous)).toEqual(joints.map(() => false));
}

/**
 * Looks for pictures in the order in which they must be seen, each for half a second at least, and gives the name of the
 * first that is not there. When each is seen is the machine's affair: a busy one shows all of them later.
 */
function firstNotSeen(
  looks: Look[],
  wanted: [name: string, at: Record<string, Colour>][],
): string | undefined {
  let from = 0;
  for (const [name, at] of wanted) {
    const rest = looks.slice(from);
    const start = rest.findIndex(({ seconds }, index) => {
      const half = rest.slice(index).filter((look) => look.seconds < seconds + 0.5);
      return half.length > 5 && half.every((look) => isPicture(look, at));
    });
    if (start < 0) return name;
    from += start;
  }
  return undefined;
}

/** Whether each place has its colour, or is light from a flash, which an encoder may show for longer than it was. */
const isPicture = (look: Look, at: Record<string, Colour>): boolean =>
  Object.entries(at).every(([place, [luma, blue, red]]) => {
    const seen = look.at[place]!;
    return (
      (isNear(seen[0], luma) || seen[0] > FLASH_LUMA - 25) && isNear(seen[1], blue) && isNear(seen[2], red)
    );
  });

const isNear = (seen: number, wanted: number) => Math.abs(seen - wanted) <= 14;
