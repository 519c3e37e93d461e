import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browse } from "./pages.ts";
import { exportRows, insertReplay, makeExports, recordingRow } from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

async function openHouse({ exports = true } = {}) {
  const replay = await insertReplay(web.services, { exports });
  const page = `/account/streams/${replay.streamId}/recording`;
  const host = await cookieOf(replay.people.host);
  const viewer = await cookieOf(replay.people.viewer);
  return { ...replay, page, host, viewer };
}

/** What a field holds, and what is said beside it. */
const valueOf = (html: string, name: string) =>
  new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(html)?.[0].match(/value="([^"]*)"/)?.[1] ?? "";
const errorOf = (html: string, name: string) =>
  new RegExp(`id="field-${name}-error">([^<]*)`).exec(html)?.[1]?.replaceAll("&#x27;", "'");

const whole = { start: "0:00", end: "0:12", version: "0" };

describe("the page of a recording", () => {
  it("shows a host what there is of it, and what can be done", async () => {
    const { page, host } = await openHouse();
    const { status, words, html } = await visit(page, host);
    expect(status).toBe(200);
    expect(words).toContain("Plays for 0:12");
    expect(words).toContain("Everybody with a pass for it");
    expect(words).toContain("35 seconds at 0:06");
    expect(words).toMatch(/1 Failed: nothing came from it any more/);
    expect(words).toMatch(/2 As it should/);
    expect(words).toMatch(/Download the MP4 \([\d.]+ kB\)/);
    for (const button of ["Cut it", "Hide it from viewers", "Delete it"]) expect(words).toContain(button);
    expect(html).not.toContain("Undo the last cut");
  });

  it("shows a moderator the same without the buttons", async () => {
    const { page, people } = await openHouse({ exports: false });
    const { status, words } = await visit(page, await cookieOf(people.moderator));
    expect(status).toBe(200);
    expect(words).toContain("35 seconds at 0:06");
    expect(words).not.toMatch(/Cut it|Delete it|Download the MP4/);
  });

  it("leads to the stream where nothing was recorded, and waits where it is not finished", async () => {
    const { page, host, recordingId } = await openHouse({ exports: false });
    const set = (status: "stopping" | "failed") =>
      web.db
        .updateTable("streaming_recordings")
        .set({
          status,
          ready_at: null,
          reason: status === "failed" ? "What was recorded cannot be played." : "",
        })
        .where("id", "=", recordingId)
        .execute();
    await set("stopping");
    expect((await visit(page, host)).words).toContain("It is still being recorded or finished.");
    expect((await visit(`${page}/edit`, host)).location).toBe(page);
    await set("failed");
    expect((await visit(page, host)).words).toContain("What was recorded cannot be played.");
    await web.db.deleteFrom("streaming_recordings").where("id", "=", recordingId).execute();
    const { status, location } = await visit(page, host);
    expect([status, location]).toEqual([303, page.replace("/recording", "")]);
  });
});

describe("cutting a recording by form alone", () => {
  it("cuts, shows what it came to, and is undone", async () => {
    const { page, host, recordingId, base, viewer } = await openHouse();
    const form = await visit(`${page}/edit`, host);
    expect([valueOf(form.html, "start"), valueOf(form.html, "end")]).toEqual(["0:00", "0:12"]);
    expect(form.html).toContain(`name="to2"`);
    const sent = { ...whole, start: "1.6", from1: "0:07.2", to1: "9.2" };
    const saved = await post(`${page}/edit`, host, sent);
    expect([saved.status, saved.location]).toEqual([303, `${page}?edited`]);
    const told = await visit(saved.location!, host);
    expect(told.words).toContain("each cut was made at the key frame nearest to it");
    expect(told.words).toContain("Plays for 0:08");
    expect(told.words).toContain("It was recorded for 0:12.");
    expect(told.words).toContain("Download the MP4 from before the change");
    // To whole segments: what the form says next time is what plays.
    const again = await visit(`${page}/edit`, host);
    expect(["start", "end", "from0", "to0", "from1"].map((name) => valueOf(again.html, name))).toEqual([
      "0:02",
      "0:12",
      "0:08",
      "0:10",
      "",
    ]);
    const playlist = await visit(`${base}/index.m3u8`, viewer);
    expect(playlist.html.match(/\d\/\d\.ts/g)).toEqual(["1/1.ts", "1/2.ts", "2/0.ts", "2/2.ts"]);

    await makeExports(web.services, recordingId);
    expect((await visit(page, host)).words).toMatch(/Download the MP4 \(/);
    const undone = await post(`${page}/edit/reversal`, host, { version: valueOf(told.html, "version") });
    expect(undone.location).toBe(`${page}?undone`);
    expect((await visit(undone.location!, host)).words).toContain("Plays for 0:12");
    expect((await post(`${page}/edit/reversal`, host, { version: "1" })).location).toBe(`${page}?not_undone`);
  });

  it("says beside each field what is wrong, keeps what was typed, and changes nothing", async () => {
    const { page, host, recordingId } = await openHouse({ exports: false });
    const cases: [form: Record<string, string>, field: string, sentence: RegExp][] = [
      [{ ...whole, end: "1:00" }, "end", /^The recording ends at 0:12, and this is after it\.$/],
      [{ ...whole, start: "8", end: "4" }, "end", /^This is not after the start, 0:08\.$/],
      [{ ...whole, from0: "6", to0: "4" }, "to0", /^This is not after its beginning, 0:06\.$/],
      [
        { ...whole, from0: "2", to0: "6", from1: "4", to1: "8" },
        "from1",
        /^This overlaps the cut from 0:02 to 0:06\./,
      ],
      [{ ...whole, from2: "0", to2: "12" }, "from2", /^This would leave nothing of the recording\./],
      [{ ...whole, from1: "4.2", to1: "4.7" }, "to1", /^From 0:04.2 to 0:04.7 is too short to be cut out/],
      [{ ...whole, start: "soon" }, "start", /^Write a time like/],
      [{ ...whole, start: "-1" }, "start", /^A recording begins at 0:00/],
    ];
    for (const [form, field, sentence] of cases) {
      const answer = await post(`${page}/edit`, host, form);
      expect(answer.status).toBe(400);
      expect(errorOf(answer.html, field)).toMatch(sentence);
      for (const [name, typed] of Object.entries(form)) expect(valueOf(answer.html, name)).toBe(typed);
    }
    expect((await recordingRow(web.db, recordingId)).edit).toBe(0);
  });

  it("says that somebody else was faster, and what was typed is still there", async () => {
    const { page, host, people } = await openHouse({ exports: false });
    await post(`${page}/edit`, await cookieOf(people.owner), { ...whole, end: "8" });
    const late = await post(`${page}/edit`, host, { ...whole, start: "4" });
    expect(late.status).toBe(409);
    expect(late.words).toContain("Somebody of your team has cut this recording while you were at it.");
    expect(valueOf(late.html, "start")).toBe("4");
  });

  it("refuses a form that was made up", async () => {
    const { page, host, recordingId } = await openHouse({ exports: false });
    for (const form of [
      {},
      { ...whole, version: "x" },
      { ...whole, version: "-1" },
      { ...whole, from999: "1", to999: "99999999999999999999" },
      { ...whole, start: "9".repeat(100_000) },
      { ...whole, start: "0:0\u0000" + "1".repeat(9) },
    ] as Record<string, string>[])
      expect((await post(`${page}/edit`, host, form)).status).toBeLessThan(500);
    expect((await recordingRow(web.db, recordingId)).edit).toBe(0);
  });
});

describe("hiding, deleting and restoring by form alone", () => {
  it("takes the replay from its page and gives it back", async () => {
    const { page, host, viewer, path } = await openHouse({ exports: false });
    expect((await visit(path, viewer)).html).toContain("index.m3u8");
    const hidden = await post(`${page}/visibility`, host, { hidden: "yes" });
    expect((await visit(hidden.location!, host)).words).toContain("Hidden. Only your team can see it.");
    const away = await visit(path, viewer);
    expect(away.words).toContain("The team has hidden the replay for now.");
    expect(away.html).not.toContain("index.m3u8");
    await post(`${page}/visibility`, host, { hidden: "no" });
    expect((await visit(path, viewer)).html).toContain("index.m3u8");

    const asked = await visit(`${page}/deletion`, host);
    expect(asked.words).toContain("You can restore it for 14 days");
    const deleted = await post(`${page}/deletion`, host, {});
    const told = await visit(deleted.location!, host);
    expect(told.words).toContain("This recording was deleted");
    expect(told.html).not.toContain("<video");
    expect((await visit(path, viewer)).words).toContain("The replay of this stream was taken away.");
    expect((await visit(`${page}/edit`, host)).location).toBe(page);
    const restored = await post(`${page}/restoration`, host, {});
    expect((await visit(restored.location!, host)).words).toContain("Restored, just as it was.");
    expect((await visit(path, viewer)).html).toContain("index.m3u8");
  });

  it("says when it is gone for good", async () => {
    const { page, host, recordingId } = await openHouse({ exports: false });
    await web.db
      .updateTable("streaming_recordings")
      .set({ deleted_at: sql<Date>`now() - interval '15 days'`, removed_at: sql<Date>`now()` })
      .where("id", "=", recordingId)
      .execute();
    const { words, html } = await visit(page, host);
    expect(words).toContain("It is gone for good.");
    expect(html).not.toContain("Restore it");
    expect((await post(`${page}/restoration`, host, {})).location).toBe(page);
  });
});

describe("the receipt", () => {
  it("is a file with every piece, gap and recorder, whatever was cut", async () => {
    const { page, host, recordingId } = await openHouse();
    await post(`${page}/edit`, host, { ...whole, start: "6" });
    const answer = await visit(`${page}/receipt.json`, host);
    expect(answer.headers.get("content-disposition")).toBe(
      `attachment; filename="recording-${recordingId}.json"`,
    );
    const receipt = JSON.parse(answer.html) as Record<string, unknown> & { parts: Record<string, unknown>[] };
    expect(receipt).toMatchObject({
      recording_id: recordingId,
      duration_ms: 12_000,
      parts_count: 6,
      gaps: [{ at_ms: 6000, ms: 35_000 }],
      attempts: [
        { number: 1, status: "failed", reason: "nothing came from it any more", parts_count: 3, broken: [] },
        { number: 2, status: "complete", reason: "", parts_count: 3, broken: [] },
      ],
    });
    expect(receipt.parts[3]).toMatchObject({
      attempt: 2,
      number: 0,
      duration_ms: 2000,
      missing_before_ms: 35_000,
    });
    const { createHash } = await import("node:crypto");
    const sums = receipt.parts.map(({ sha256 }) => `${String(sha256)}\n`).join("");
    expect(receipt.sha256_of_parts).toBe(createHash("sha256").update(sums).digest("hex"));
    const rows = await exportRows(web.db, recordingId);
    expect(rows.map(({ kind }) => kind).sort()).toEqual(["mp4", "poster", "sprite"]);
  });
});
