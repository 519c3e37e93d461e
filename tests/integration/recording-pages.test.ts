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
    expect(words).toContain("The file leaves out the gaps, as the replay does: 35 seconds at 0:06.");
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

describe("what the page of a recording says and offers", () => {
  it("makes again what could not be made, and tells how far it is", async () => {
    const { page, host, recordingId } = await openHouse({ exports: false });
    const progress = async () => JSON.parse((await visit(`${page}/progress.json`, host)).html) as object;
    const all = (status: string) =>
      ["mp4", "poster", "sprite"].map((kind) => ({ kind, status, progress: expect.any(Number) as number }));
    expect(await progress()).toEqual({ working: true, files: all("waiting") });
    await sql`update streaming_recording_exports set status = 'running', work_until = now() + interval '1 hour',
      progress = case kind when 'mp4' then 0.5 when 'poster' then 0.25 else 0.75 end
      where recording_id = ${recordingId}::uuid`.execute(web.db);
    const made = (await visit(page, host)).words;
    expect(made).toMatch(/The MP4 for download is being made\. ?50 %/);
    expect(made).toMatch(/Its picture is being made\. ?25 %/);
    expect(made).toMatch(/The pictures for seeking in the replay are being made\. ?75 %/);
    await web.db
      .updateTable("streaming_recording_exports")
      .set({ status: "failed", reason: "It could not be made." })
      .where("recording_id", "=", recordingId)
      .execute();
    expect(await progress()).toEqual({ working: false, files: all("failed") });
    const { words } = await visit(page, host);
    expect(words).toContain("The MP4 and pictures of it could not be made, however often we tried.");
    expect(words).toContain("Make it again");
    expect((await post(`${page}/exports`, host, {})).location).toBe(page);
    expect(await progress()).toEqual({ working: true, files: all("waiting") });
    expect((await visit(page, host)).words).not.toContain("Make it again");
  });

  it("lets who has no scripts and no playlists see the file", async () => {
    const { page, host, base } = await openHouse();
    expect((await visit(page, host)).html).toMatch(
      new RegExp(`<source src="${base}/index.m3u8"[^>]*><source src="${base}/video.mp4" type="video/mp4"`),
    );
  });

  it("deletes one that failed, too", async () => {
    const { page, host, people, recordingId } = await openHouse({ exports: false });
    await web.db
      .updateTable("streaming_recordings")
      .set({ status: "failed", ready_at: null, failed_at: new Date(), reason: "It broke." })
      .where("id", "=", recordingId)
      .execute();
    expect((await visit(page, host)).html).toContain(`href="${page}/deletion"`);
    expect((await visit(page, await cookieOf(people.moderator))).html).not.toContain(`${page}/deletion`);
    await post(`${page}/deletion`, host, {});
    expect((await visit(page, host)).words).toContain("This recording was deleted");
  });

  it("says until when it is kept", async () => {
    const { page, host, recordingId, space } = await openHouse({ exports: false });
    expect((await visit(page, host)).words).toContain("Kept Until somebody deletes it");
    await sql`update spaces set recording_days = 30 where id = ${space.id}::uuid`.execute(web.db);
    const told = (await visit(page, host)).words;
    expect(told).toMatch(/Kept Until \w+/);
    expect(told).toContain("By the rule of your space.");
    const warned = async () => (await recordingRow(web.db, recordingId)).warned_at;
    await sql`update streaming_recordings set warned_at = now() where id = ${recordingId}::uuid`.execute(
      web.db,
    );
    // With one press, and another takes it back: then they are told anew before it goes.
    expect(told).toContain("Keep it, whatever the rule says");
    const kept = (await post(`${page}/keeping`, host, { kept: "yes" })).location!;
    const keptPage = (await visit(kept, host)).words;
    expect(keptPage).toContain("It is kept now, until somebody deletes it.");
    expect(keptPage).toContain("the rule is not for it any more");
    expect(await warned()).not.toBeNull();
    const left = (await post(`${page}/keeping`, host, { kept: "no" })).location!;
    expect((await visit(left, host)).words).toMatch(
      /is for it again.*Kept Until \w+.*By the rule of your space/,
    );
    expect(await warned()).toBeNull();
  });

  it("says until when it is in storage, while the rest waits in the store beside, to the team alone", async () => {
    const { page, host, viewer, people, recordingId } = await openHouse({ exports: false });
    await web.db
      .updateTable("streaming_recordings")
      .set({ status: "finalizing", ready_at: null })
      .where("id", "=", recordingId)
      .execute();
    await sql`
      update streaming_recording_segments g set awaits_copy = true from streaming_recording_attempts a
      where a.id = g.attempt_id and a.recording_id = ${recordingId}::uuid and a.number = 2
    `.execute(web.db);
    for (const cookie of [host, await cookieOf(people.moderator)]) {
      const { words } = await visit(page, cookie);
      expect(words).toContain("What was recorded is in storage until 0:06.");
      expect(words).toMatch(/Not yet in storage 3 pieces from 0:06 on, [\d.]+ kB/);
      expect(words).toContain("What there is of it, as it was recorded.");
    }
    const { html } = await visit(`${page}/receipt.json`, host);
    expect(JSON.parse(html)).toMatchObject({ waiting_for_storage: { parts_count: 3, from_ms: 6000 } });
    for (const cookie of [viewer, await cookieOf(people.otherOwner), await cookieOf(people.stranger)])
      expect((await visit(page, cookie)).status).toBe(404);
    await sql`update streaming_recording_segments set awaits_copy = false`.execute(web.db);
    expect((await visit(page, host)).words).not.toMatch(/storage until|Not yet in storage/);
  });

  it("does not call cut what was cut back to the whole", async () => {
    const { page, host } = await openHouse({ exports: false });
    await post(`${page}/edit`, host, { ...whole, end: "8" });
    await post(`${page}/edit`, host, { ...whole, version: "1" });
    const { words } = await visit(page, host);
    expect(words).toContain("Plays for 0:12");
    expect(words).not.toContain("It was recorded for");
    const same = await post(`${page}/edit`, host, { ...whole, end: "11.8", version: "2" });
    expect((await visit(same.location!, host)).words).toContain("this comes to what plays already");
  });

  it("does not say that a moment is missing where milliseconds are", async () => {
    const { page, host, recordingId } = await openHouse({ exports: false });
    await sql`
      update streaming_recording_segments g set program_time = '2026-11-23T12:00:06.9Z'
      from streaming_recording_attempts a
      where a.id = g.attempt_id and a.recording_id = ${recordingId}::uuid and a.number = 2 and g.number = 0
    `.execute(web.db);
    expect((await visit(page, host)).words).toContain("Missing in between Nothing");
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
    // Theirs left nothing cut out in between: lines of ours that the page has not any more are there all the same.
    const seven = { ...whole, from7: "4", to7: "6" };
    const more = await post(`${page}/edit`, host, seven);
    expect([more.status, valueOf(more.html, "from7"), valueOf(more.html, "to7")]).toEqual([409, "4", "6"]);
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
      expect((await post(`${page}/edit`, host, form)).status).toBe(400);
    // Told before anybody looks at what is in it, to whoever sends it: it takes no time.
    const many = Array.from({ length: 20_000 }, (_, at): [string, string] => [`from${at}`, "1"]);
    for (const who of [host, undefined]) {
      const begun = performance.now();
      const { status } = await post(`${page}/edit`, who, many);
      expect([who === host, status]).toEqual([who === host, who === host ? 400 : 303]);
      expect(performance.now() - begun).toBeLessThan(5_000);
    }
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
