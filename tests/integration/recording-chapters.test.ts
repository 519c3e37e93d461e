import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listChapters } from "#app/domain/recordings/chapters.ts";
import { runExport } from "#app/domain/recordings/exports.ts";
import { browse } from "./pages.ts";
import { exportRows, insertReplay, recordingRow } from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

async function openHouse() {
  const replay = await insertReplay(web.services, { exports: false });
  const page = `/account/streams/${replay.streamId}/recording`;
  return { ...replay, page, host: await cookieOf(replay.people.host) };
}

const valueOf = (html: string, name: string) =>
  new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(html)?.[0].match(/value="([^"]*)"/)?.[1] ?? "";

async function save(house: Awaited<ReturnType<typeof openHouse>>, lines: [at: string, title: string][]) {
  const { html } = await visit(`${house.page}/chapters`, house.host);
  const form: Record<string, string> = { version: valueOf(html, "version") };
  for (const [index, [at, title]] of lines.entries())
    Object.assign(form, { [`at${index}`]: at, [`title${index}`]: title });
  return post(`${house.page}/chapters`, house.host, form);
}

const chaptersIn = (html: string) =>
  [0, 1, 2].map((index) => [valueOf(html, `at${index}`), valueOf(html, `title${index}`)]);

describe("chapters", () => {
  it("are saved as one list, and stay with what they name when it is cut", async () => {
    const house = await openHouse();
    const saved = await save(house, [
      ["0:08", "Second half"],
      ["", ""],
      ["0", "Beginning"],
    ]);
    expect((await visit(saved.location!, house.host)).words).toContain("The chapters are saved.");
    const form = await visit(`${house.page}/chapters`, house.host);
    expect(chaptersIn(form.html)).toEqual([
      ["0:00", "Beginning"],
      ["0:08", "Second half"],
      ["", ""],
    ]);
    await post(`${house.page}/edit`, house.host, { start: "4", end: "", version: "0" });
    const cut = await visit(`${house.page}/chapters`, house.host);
    expect(chaptersIn(cut.html).slice(0, 2)).toEqual([
      ["0:00", "Beginning"],
      ["0:04", "Second half"],
    ]);
    const replay = await visit(house.path, await cookieOf(house.people.viewer));
    expect(replay.words).toContain("Chapters 0:00 Beginning 0:04 Second half");
    expect(replay.html).toContain('href="?t=4"');
    // Without scripts the page itself begins there.
    const there = await visit(`${house.path}?t=4`, await cookieOf(house.people.viewer));
    expect(there.html).toContain("/index.m3u8#t=4");
    // Times are typed as the replay counts them by then.
    await save(house, [
      ["0:00", "Beginning"],
      ["0:02", "New"],
      ["0:04", "Second half"],
    ]);
    await post(`${house.page}/edit/reversal`, house.host, { version: "1" });
    expect(await listChapters(web.db, house.recordingId)).toEqual([
      { atMs: 0, title: "Beginning" },
      { atMs: 6000, title: "New" },
      { atMs: 8000, title: "Second half" },
    ]);
  });

  it("of which nothing plays right now outlive a change of the others", async () => {
    const house = await openHouse();
    await save(house, [
      ["0", "First"],
      ["10", "Last"],
    ]);
    await post(`${house.page}/edit`, house.host, { start: "", end: "8", version: "0" });
    await save(house, [["2", "Renamed"]]);
    expect(await listChapters(web.db, house.recordingId)).toEqual([
      { atMs: 2000, title: "Renamed" },
      { atMs: 10_000, title: "Last" },
    ]);
  });

  it("are refused beside their fields, and what was typed stays", async () => {
    const house = await openHouse();
    const refused = await save(house, [
      ["0:02", ""],
      ["1:00", "Too late"],
    ]);
    expect(refused.status).toBe(400);
    expect(refused.words).toContain("Give this chapter a title.");
    expect(refused.words).toContain("The recording ends at 0:12, and this is after it.");
    expect(chaptersIn(refused.html).slice(0, 2)).toEqual([
      ["0:02", ""],
      ["1:00", "Too late"],
    ]);
    expect(await listChapters(web.db, house.recordingId)).toEqual([]);
  });

  it("that somebody else changed meanwhile are not overwritten", async () => {
    const house = await openHouse();
    const { html } = await visit(`${house.page}/chapters`, house.host);
    const version = valueOf(html, "version");
    await save(house, [["1", "Theirs"]]);
    const late = await post(`${house.page}/chapters`, house.host, { version, at0: "2", title0: "Ours" });
    expect(late.status).toBe(409);
    expect(chaptersIn(late.html)[0]).toEqual(["2", "Ours"]);
    // Also where nobody had saved a chapter when the page was loaded, and more were typed than there are lines now.
    const long = Object.fromEntries([...Array(12).keys()].map((at) => [`at${at}`, `${at}`]));
    const many = await post(`${house.page}/chapters`, house.host, { ...long, version, title11: "Twelfth" });
    expect([valueOf(many.html, "at11"), valueOf(many.html, "title11")]).toEqual(["11", "Twelfth"]);
    expect(await listChapters(web.db, house.recordingId)).toEqual([{ atMs: 1000, title: "Theirs" }]);
  });
});

describe("a chapter that nobody touched", () => {
  it("is saved as it was, however its time was rounded to be shown", async () => {
    const house = await openHouse();
    await web.db
      .insertInto("streaming_recording_chapters")
      .values([
        { recording_id: house.recordingId, at_ms: 1234, title: "Exact" },
        { recording_id: house.recordingId, at_ms: 11_960, title: "At the very end" },
      ])
      .execute();
    const { html } = await visit(`${house.page}/chapters`, house.host);
    expect(chaptersIn(html).slice(0, 2)).toEqual([
      ["0:01.2", "Exact"],
      ["0:12", "At the very end"],
    ]);
    const saved = await save(house, [
      ["0:01.2", "Exact"],
      ["0:12", "At the very end"],
      ["0:05", "New"],
    ]);
    expect(saved.status).toBe(303);
    expect((await listChapters(web.db, house.recordingId)).map(({ atMs }) => atMs)).toEqual([
      1234, 5000, 11_960,
    ]);
  });

  it("is not moved by a list that was made of another cut", async () => {
    const house = await openHouse();
    await save(house, [["8", "Last"]]);
    const { html } = await visit(`${house.page}/chapters`, house.host);
    const version = valueOf(html, "version");
    // What is left out comes after all chapters, so that their list is the same as before.
    await post(`${house.page}/edit`, house.host, { start: "", end: "10", version: "0" });
    const late = await post(`${house.page}/chapters`, house.host, { version, at0: "6", title0: "Ours" });
    expect(late.status).toBe(409);
    expect(late.words).toContain("or what is cut, while you were at it");
    expect(await listChapters(web.db, house.recordingId)).toEqual([{ atMs: 8000, title: "Last" }]);
  });
});

describe("the picture of a recording", () => {
  it("is not taken at a time that means another place since somebody cut it", async () => {
    const house = await openHouse();
    const { html } = await visit(`${house.page}/picture`, house.host);
    const version = valueOf(html, "version");
    await post(`${house.page}/edit`, house.host, { start: "4", end: "", version: "0" });
    const late = await post(`${house.page}/picture`, house.host, { at: "6", version });
    expect(late.status).toBe(409);
    expect(late.words).toContain("Somebody of your team has cut this recording while you were at it");
    expect(valueOf(late.html, "at")).toBe("6");
    const incomplete = await post(`${house.page}/picture`, house.host, { at: "6" });
    expect([incomplete.status, incomplete.words.includes("This form was not complete.")]).toEqual([
      400,
      true,
    ]);
    expect((await recordingRow(web.db, house.recordingId)).poster_ms).toBeNull();
  });

  it("is made anew from the moment that was chosen, and again when that is taken back", async () => {
    const house = await openHouse();
    const poster = async () =>
      (await exportRows(web.db, house.recordingId)).find(({ kind }) => kind === "poster")!;
    const make = async () => runExport(web.services, { exportId: (await poster()).id });
    await make();
    const found = await poster();
    const chosen = await post(`${house.page}/picture`, house.host, { at: "0:10.5", version: "0" });
    expect(chosen.location).toBe(`${house.page}?picture`);
    expect(await poster()).toMatchObject({ status: "waiting", edit: null });
    await make();
    const made = await poster();
    expect(made).toMatchObject({ status: "ready", edit: 0 });
    expect(made.sha256).not.toBe(found.sha256);
    expect(await web.services.storage.head(found.key!)).toBeUndefined();
    expect((await recordingRow(web.db, house.recordingId)).poster_ms).toBe(10_500);
    expect(valueOf((await visit(`${house.page}/picture`, house.host)).html, "at")).toBe("0:10.5");
    await post(`${house.page}/picture`, house.host, { at: "", version: "0" });
    await make();
    expect((await poster()).sha256).toBe(found.sha256);
  });

  it("is not taken from outside the recording", async () => {
    const house = await openHouse();
    const refused = await post(`${house.page}/picture`, house.host, { at: "0:30", version: "0" });
    expect(refused.status).toBe(400);
    expect(refused.words).toContain("The recording ends at 0:12, and this is after it.");
    expect(valueOf(refused.html, "at")).toBe("0:30");
    expect((await recordingRow(web.db, house.recordingId)).poster_ms).toBeNull();
  });
});
