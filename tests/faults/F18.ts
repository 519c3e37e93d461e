import { segmentRows, segmentsOf } from "#tests/integration/recording-fixtures.ts";
import type { Fault } from "./fault.ts";
import {
  comesTo,
  insertStopped,
  type Stopped,
  untilExported,
  untilReady,
  withServices,
} from "./storage-tools.ts";
import { promise } from "./studio-tools.ts";

export const name = "F18";
export const title = "Storage takes what it is given, and has something else: shorter, or with other bytes";

export const run: Fault["run"] = async (tools) => {
  const { storage, say, db } = tools;
  const segments = await segmentsOf("egress");
  const control = await insertStopped(tools, [segments.filter((_, index) => index !== 2 && index !== 4)]);
  await untilReady(tools, control, 60);

  let spoiled = 0;
  const seenReady: string[] = [];
  const spoil = (key: RegExp, change: (bytes: Uint8Array) => Uint8Array) =>
    storage.make({
      key,
      only: ({ method, query }) =>
        (method === "PUT" && !query.has("uploadId")) || (method === "POST" && query.has("uploadId")),
      times: 1,
      trouble: {
        then: (asked) =>
          withServices(tools, async ({ storage: store }) => {
            const bytes = (await store.read(asked.key))!;
            await new Promise((resolve) => setTimeout(resolve, 1100));
            await store.write(asked.key, change(bytes), "application/octet-stream");
            spoiled++;
            const rows = await db
              .selectFrom("streaming_recording_exports")
              .select("kind")
              .where("key", "=", asked.key)
              .execute();
            seenReady.push(...rows.map(({ kind }) => kind));
          }),
      },
    });
  const shorter = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 700);
  const other = (bytes: Uint8Array) =>
    bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 0x55 : byte));
  spoil(/seg_00002\.ts$/, shorter);
  spoil(/seg_00004\.ts$/, () => Buffer.alloc(0));
  spoil(/\.mp4$/, shorter);
  spoil(/medium\.jpg$/, other);
  spoil(/sprite-0\.jpg$/, other);
  say("a segment is cut short and one is emptied on the way; MP4, poster and small pictures, each once");
  const stopped = await insertStopped(tools, [segments]);
  await untilReady(tools, stopped, 60);
  const exported = await untilExported(tools, stopped, 240);
  promise(spoiled === 5, `each of five was spoiled (${spoiled})`);
  promise(seenReady.length === 0, `none of them was ready then (${seenReady.join(", ")})`);
  const problems = (await segmentRows(db, stopped.recordingId)).filter(({ problem }) => problem !== null);
  promise(
    problems.map(({ number }) => number).join() === "2,4",
    `two segments are left out, with their reasons (${JSON.stringify(problems.map(({ number, problem }) => [number, problem]))})`,
  );
  const came = await comesTo(tools, stopped);
  promise(
    came.parts === (await comesTo(tools, control)).parts,
    "all others are in the recording, as they were",
  );
  promise(!Object.values(came.sums).includes("not what is said"), "what is ready is what is said of it");
  await untilExported(tools, control, 120);
  const pictures = async (of: Stopped) => {
    const { objects } = await comesTo(tools, of);
    const ofPictures = objects.filter((object) => object.includes(".jpg"));
    return ofPictures.map((object) => object.split(" ")[1]).sort();
  };
  promise(
    String(await pictures(stopped)) === String(await pictures(control)),
    "the pictures are, each of them, those of a recording without trouble",
  );
  return {
    did: "changed five objects behind the store's word: two segments, the MP4, a poster, the small pictures",
    saw: `segments left out as ${problems.map(({ problem }) => problem).join(" and ")}, all others there; nothing spoiled was ever ready, and MP4 and pictures were made again within ${Math.round(exported.tookMs / 1000)} s, as long and with the sums that are said`,
  };
};
