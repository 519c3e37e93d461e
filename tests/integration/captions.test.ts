import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addCaptions, listCaptions } from "#app/domain/captions/captions.ts";
import { readEditList } from "#app/domain/recordings/edit-list.ts";
import { saveEdit } from "#app/domain/recordings/edits.ts";
import { finalizeRecording } from "#app/domain/recordings/finalize.ts";
import { insertPeople } from "#tests/factories.ts";
import { browse, wordsOf } from "./pages.ts";
import { insertStoppedRecording } from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
let house: Awaited<ReturnType<typeof insertPeople>>;
let recordingId: string;
beforeAll(async () => {
  web = await startTestWeb();
});
beforeEach(async () => {
  house = await insertPeople(web.db, { status: "live" });
  ({ recordingId } = await insertStoppedRecording(web.services, house.stream.id));
  await finalizeRecording(web.services, { recordingId });
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);
const as = (who: keyof typeof house.people) => cookieOf(house.people[who]);
const page = () => `/account/streams/${house.stream.id}/captions`;
const hello = (text = "Hello") => `WEBVTT\n\n00:01.000 --> 00:02.000\n${text}\n`;

async function send(
  {
    language = "de",
    file,
    name = "a.vtt",
    version = "0",
  }: { language?: string; file: string | Uint8Array; name?: string; version?: string },
  who: keyof typeof house.people = "host",
) {
  const body = new FormData();
  body.set("language", language);
  body.set("version", version);
  body.set("file", new Blob([file as BlobPart], { type: "text/vtt" }), name);
  const answer = await web.fetch(page(), { method: "POST", body, cookie: await as(who) });
  const html = await answer.text();
  return { status: answer.status, html, words: wordsOf(html) };
}

const kept = () => listCaptions(web.db, recordingId);

describe("captions that a creator adds", () => {
  it("stand on the page with their language, can be read there, and are replaced by others in it", async () => {
    expect(
      (await send({ language: "German", file: hello(), name: "C:\\Filme\\öffentlich.vtt" })).status,
    ).toBe(303);
    expect((await send({ language: "pt-br", file: hello("Oi") }, "owner")).status).toBe(303);
    expect(
      (await send({ language: "DE", file: `${hello("Neu")}\n01:00.000 --> 01:05.000\nEnde`, name: "2.vtt" }))
        .status,
    ).toBe(303);
    expect(await kept()).toMatchObject([
      { language: "de", cues: 2, endsMs: 65_000, fileName: "2.vtt" },
      { language: "pt-BR", cues: 1 },
    ]);
    const { words } = await visit(page(), await as("host"));
    expect(words).toMatch(/German 2 1:05 2\.vtt .*Brazilian Portuguese/);
    const media = `/media/${house.stream.id}/${recordingId}/captions/de.vtt`;
    expect(await (await web.fetch(media, { cookie: await as("viewer") })).text()).toContain("Neu");
    const { html } = await visit(house.path, await as("viewer"));
    expect(html).toMatch(
      /<track kind="captions" src="[^"]*\/captions\/de\.vtt" srcLang="de" label="Deutsch"/i,
    );
  });

  it("are refused with a sentence for each line, and what was typed is still there", async () => {
    const file = "WEBVTT\n\n00:05.000 --> 00:04.000\nx\n\n00:01,000 --> 00:02.000\n<img src=x>\n";
    const { status, html, words } = await send({ language: "German", file });
    expect(status).toBe(400);
    expect(words).toContain("Line 3: This cue ends before it begins.");
    expect(words).toContain("Line 6: Times have a point and no comma: 00:01.000.");
    expect(html).toContain("Line 7: &lt;img&gt; is HTML.");
    expect(html).toContain('value="German"');
    expect(await kept()).toEqual([]);
  });

  it("are refused when there are none, in no language, in no encoding, or too large", async () => {
    const refused = async (sent: Parameters<typeof send>[0]) => {
      const { status, words } = await send(sent);
      return [status, /This|Choose|Line \d+: [^.]*\.|$/.exec(words)![0].slice(0, 40)];
    };
    expect((await send({ language: "Klingonisch!", file: hello() })).words).toContain(
      "This is no language that we know.",
    );
    expect(await refused({ file: Buffer.from(hello("K\xe4se"), "latin1") })).toEqual([
      400,
      "Line 4: This line is not UTF-8.",
    ]);
    const long = hello("x".repeat(70)).slice(8).repeat(130_000);
    for (const file of [`WEBVTT\n\n${long}`, Buffer.alloc(21 * 1024 * 1024, 10)]) {
      const { status, words, html } = await send({ language: "German", file });
      expect(status).toBe(413);
      expect(words).toContain("This file is larger than 2 MB");
      expect(html).toContain('value="German"');
    }
    expect((await post(page(), await as("host"), { language: "de" })).status).toBe(400);
    expect(await kept()).toEqual([]);
  });

  it("of the most that fit are taken", async () => {
    const cues = Array.from({ length: 30_000 }, (_, place) => {
      const time = (ms: number) => new Date(place * 700 + ms).toISOString().slice(11, 23);
      return `${time(0)} --> ${time(900)}\nWord <b>${place}</b>\n`;
    });
    const file = Buffer.from(`WEBVTT\n\n${cues.join("\n")}`);
    expect(file.length).toBeLessThan(2 * 1024 * 1024);
    const of = { streamId: house.stream.id, recordingId, language: "en" };
    expect(
      await addCaptions(web.db, of, { file, fileName: "", actorId: house.people.host.id, seen: 0 }),
    ).toEqual({
      ok: true,
      cues: 30_000,
    });
  });

  it("are added and removed by hosts and owners alone", async () => {
    const answers: Record<string, number> = {};
    for (const who of Object.keys(house.people) as (keyof typeof house.people)[])
      answers[who] = (await send({ language: "fr", file: hello() }, who)).status;
    expect(answers).toEqual({
      ...{ nobody: 303, stranger: 404, ended: 404, banned: 404, otherOwner: 404, viewer: 404 },
      ...{ moderator: 403, host: 303, owner: 303 },
    });
    expect(await kept()).toHaveLength(1);
    const removal = `${page()}/fr/removal`;
    for (const who of ["nobody", "viewer", "moderator", "otherOwner"] as const)
      await post(removal, await as(who), {});
    expect(await kept()).toHaveLength(1);
    const removed = await post(removal, await as("host"), {});
    expect([removed.status, removed.location]).toEqual([303, `${page()}?removed`]);
    expect((await post(removal, await as("host"), {})).location).toBe(page());
    expect(await kept()).toEqual([]);
  });

  it("belong to a recording that is finished, and to no other stream's", async () => {
    const other = await insertPeople(web.db, { status: "ended" });
    const file = Buffer.from(hello());
    const by = { file, fileName: "", actorId: other.people.host.id, seen: 0 };
    const gone = { ok: false, reason: "gone" };
    expect(await addCaptions(web.db, { streamId: other.stream.id, recordingId, language: "de" }, by)).toEqual(
      gone,
    );
    const cookie = await cookieOf(other.people.host);
    const path = `/account/streams/${other.stream.id}/captions`;
    expect((await visit(path, cookie)).words).toContain("There is no replay yet");
    const body = new FormData();
    body.set("language", "de");
    body.set("version", "0");
    body.set("file", new Blob([file]), "a.vtt");
    expect((await web.fetch(path, { method: "POST", body, cookie })).status).toBe(409);
  });
});

describe("captions of a recording that was cut", () => {
  beforeEach(async () => {
    house = await insertPeople(web.db, { status: "live" });
    const begin = Date.parse("2026-11-23T12:00:00Z");
    ({ recordingId } = await insertStoppedRecording(web.services, house.stream.id, [
      { set: "x264", startsAt: new Date(begin) },
      { set: "x264", startsAt: new Date(begin + 6_000) },
    ]));
    await finalizeRecording(web.services, { recordingId });
  });

  /** Of its 12 s, those from 4 to 8 are cut out. */
  async function cut(typed = { start: "", end: "", cuts: [{ from: "4", to: "8" }] }, seen = 0) {
    const list = readEditList(typed, 12_000);
    if (!list.ok) throw new Error(JSON.stringify(list.problems));
    const by = { recordingId, userId: house.people.host.id, seen };
    expect(await saveEdit(web.db, web.services.queue, { ...by, edit: list.edit })).toMatchObject({
      ok: true,
    });
  }
  async function played() {
    const media = `/media/${house.stream.id}/${recordingId}/captions/de.vtt`;
    const answer = await web.fetch(media, { cookie: await as("viewer") });
    return [
      answer.status,
      ...(await answer.text())
        .split("\n\n")
        .slice(1)
        .map((cue) => cue.trim()),
    ];
  }
  const cue = (from: string, to: string, text: string) => `00:00:${from} --> 00:00:${to}\n${text}`;
  const vtt = (...cues: string[]) => `WEBVTT\n\n${cues.join("\n\n")}\n`;
  const stored = async () =>
    (
      await web.db
        .selectFrom("streaming_recording_captions")
        .select("vtt")
        .where("recording_id", "=", recordingId)
        .executeTakeFirstOrThrow()
    ).vtt;

  it("go on playing where the file has something behind the end of what plays", async () => {
    await cut();
    const file = vtt(cue("01.000", "02.000", "Hi"), cue("14.000", "16.000", "Behind the end"));
    expect((await send({ file, version: "1" })).status).toBe(303);
    expect(await played()).toEqual([200, cue("01.000", "02.000", "Hi")]);
    expect(await kept()).toMatchObject([{ cues: 1 }]);
  });

  it("are read also where a cue without a length was kept", async () => {
    await send({ file: hello() });
    const old = `${await stored()}\n${cue("12.000", "12.000", "Nothing")}\n`;
    await web.db
      .updateTable("streaming_recording_captions")
      .set({ vtt: old })
      .where("recording_id", "=", recordingId)
      .execute();
    await cut();
    expect(await played()).toEqual([200, cue("01.000", "02.000", "Hello")]);
  });

  it("are refused when all of them are behind the end", async () => {
    await cut();
    const { status, words } = await send({ file: vtt(cue("14.000", "16.000", "x")), version: "1" });
    expect([status, words]).toEqual([400, expect.stringContaining("behind the end of the recording")]);
    expect(await kept()).toEqual([]);
  });

  it("end before a cut at which they end, and stay there when it is undone", async () => {
    await cut();
    const file = vtt(cue("03.000", "04.000", "Before"), cue("04.000", "05.000", "After"));
    await send({ file, version: "1" });
    expect(await played()).toEqual([
      200,
      cue("03.000", "04.000", "Before"),
      cue("04.000", "05.000", "After"),
    ]);
    expect((await stored()).trim()).toBe(
      vtt(cue("03.000", "04.000", "Before"), cue("08.000", "09.000", "After")).trim(),
    );
  });

  it("have the times within their cues moved, too", async () => {
    await cut();
    const file = vtt(cue("01.000", "06.000", "One <00:00:03.000>two <00:05.000>three <01:00:00.000>four"));
    await send({ file, version: "1" });
    expect(await stored()).toContain("One <00:00:03.000>two <00:00:09.000>three four");
    expect(await played()).toEqual([
      200,
      cue("01.000", "06.000", "One <00:00:03.000>two <00:00:05.000>three four"),
    ]);
  });

  it("are refused with the times of another edit than the form was made for", async () => {
    await send({ file: hello("First") });
    await cut();
    const { status, html, words } = await send({ file: hello("Late") });
    expect([status, words]).toEqual([409, expect.stringContaining("was cut while you were at it")]);
    expect(html).toMatch(/name="version" value="1"/);
    expect(await stored()).toContain("First");
    expect((await send({ file: hello("Late"), version: "" })).status).toBe(400);
    expect((await send({ file: hello("Now"), version: "1" })).status).toBe(303);
  });
});

it("a file of captions with more mistakes than anybody can read is refused with the first ones", async () => {
  const wrong = Array.from({ length: 200_000 }, () => "<p>");
  const { status, words } = await send({ file: `WEBVTT\n\n00:01.000 --> 00:02.000\n${wrong.join("\n")}` });
  expect(status).toBe(400);
  expect(words).toContain("Line 4: &lt;p&gt; is HTML.");
  expect(words).toContain("And very many more.");
});
