import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addCaptions, listCaptions } from "#app/domain/captions/captions.ts";
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
  { language = "de", file, name = "a.vtt" }: { language?: string; file: string | Uint8Array; name?: string },
  who: keyof typeof house.people = "host",
) {
  const body = new FormData();
  body.set("language", language);
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
      const { status, words } = await send({ file });
      expect(status).toBe(413);
      expect(words).toContain("This file is larger than 2 MB");
    }
    expect((await post(page(), await as("host"), { language: "de" })).status).toBe(400);
    expect(await kept()).toEqual([]);
  });

  it("of the most that fit are taken within seconds", async () => {
    const cues = Array.from({ length: 30_000 }, (_, place) => {
      const time = (ms: number) => new Date(place * 700 + ms).toISOString().slice(11, 23);
      return `${time(0)} --> ${time(900)}\nWord <b>${place}</b>\n`;
    });
    const file = Buffer.from(`WEBVTT\n\n${cues.join("\n")}`);
    expect(file.length).toBeLessThan(2 * 1024 * 1024);
    const begun = performance.now();
    const of = { streamId: house.stream.id, recordingId, language: "en" };
    expect(await addCaptions(web.db, of, { file, fileName: "", actorId: house.people.host.id })).toEqual({
      ok: true,
      cues: 30_000,
    });
    expect(performance.now() - begun).toBeLessThan(3_000);
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
    const by = { file, fileName: "", actorId: other.people.host.id };
    const gone = { ok: false, reason: "gone" };
    expect(await addCaptions(web.db, { streamId: other.stream.id, recordingId, language: "de" }, by)).toEqual(
      gone,
    );
    const cookie = await cookieOf(other.people.host);
    const path = `/account/streams/${other.stream.id}/captions`;
    expect((await visit(path, cookie)).words).toContain("There is no replay yet");
    const body = new FormData();
    body.set("language", "de");
    body.set("file", new Blob([file]), "a.vtt");
    expect((await web.fetch(path, { method: "POST", body, cookie })).status).toBe(409);
  });
});
