import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Temporal } from "temporal-polyfill";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dayInWords, weekdayName } from "#app/domain/schedule/words.ts";
import { nextClockChange } from "#tests/clock-changes.ts";
import { insertPeople } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

/** The sentence beside a field, or undefined. */
const errorOf = (html: string, name: string) =>
  new RegExp(`id="field-${name}-error">([^<]*)<`).exec(html)?.[1]?.replaceAll("&#x27;", "'");
const valueOf = (html: string, name: string) =>
  new RegExp(`<input[^>]*name="${name}"[^>]*>`)
    .exec(html)?.[0]
    .match(/value="([^"]*)"/)?.[1]
    ?.replaceAll("&amp;", "&");
/** The value of a select's chosen option. */
const chosenIn = (html: string, name: string) =>
  /<option[^>]*value="([^"]*)"[^>]*selected/.exec(
    new RegExp(`<select[^>]*name="${name}"[\\s\\S]*?</select>`).exec(html)?.[0] ?? "",
  )?.[1];
/** The dates on a page. */
const datesIn = (html: string) =>
  [
    ...(/<ol class="dates-list">[\s\S]*?<\/ol>/.exec(html)?.[0] ?? "").matchAll(/<li[^>]*>([\s\S]*?)<\/li>/g),
  ].map(([, line = ""]) =>
    line
      .replaceAll(/<!--.*?-->/g, "")
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ")
      .replaceAll(" ,", ",")
      .trim(),
  );

async function inDays(days: number): Promise<string> {
  const { rows } = await sql<{ day: string }>`
    select to_char(now() + make_interval(days => ${days}), 'YYYY-MM-DD') as day
  `.execute(web.db);
  return rows[0]!.day;
}

const newPage = "/account/streams/new";

async function setStage() {
  const set = await insertPeople(web.db, { status: "ended" });
  const { people, experience } = set;
  const [host, owner] = [await cookieOf(people.host), await cookieOf(people.owner)];
  const form: Record<string, string> = {
    formKey: randomUUID(),
    title: "Critique",
    description: "Every week",
    experience: experience.id,
    day: await inDays(7),
    time: "20:00",
    zone: "Europe/Berlin",
    length: "1 h",
    repeats: "weekly",
    until: "",
    times: "6",
  };
  const streams = () =>
    web.db
      .selectFrom("streams")
      .selectAll()
      .where("experience_id", "=", experience.id)
      .where("series_id", "is not", null)
      .orderBy("series_day")
      .execute();
  /** Sends a form, sees its dates, and sends it again with them. */
  const send = async (path: string, fields: Record<string, string>, cookie = host) => {
    const looked = await post(path, cookie, fields);
    return post(path, cookie, { ...fields, seen: valueOf(looked.html, "seen") ?? "" });
  };
  return { ...set, host, owner, form, streams, send };
}

type Stage = Awaited<ReturnType<typeof setStage>>;

/** The form of a stream and all that follow, as its page has it. */
async function openForm({ host }: Stage, path: string): Promise<Record<string, string>> {
  const { html } = await visit(path, host);
  const inputs = ["title", "day", "time", "length", "until", "times", "chatAfter", "edition", "formKey"];
  const fields = Object.fromEntries(inputs.map((name) => [name, valueOf(html, name) ?? ""]));
  return {
    ...fields,
    description: "Every week",
    zone: "Europe/Berlin",
    repeats: chosenIn(html, "repeats") ?? "",
  };
}

describe("scheduling a series without scripts", () => {
  it("shows its dates first, and schedules when it is sent again", async () => {
    const stage = await setStage();
    const { form, host, streams } = stage;
    const looked = await post(newPage, host, form);
    expect(looked.status).toBe(200);
    expect(looked.words).toContain("Nothing is scheduled yet. Where they are right, press Schedule again.");
    expect(looked.words).toMatch(/Every week on \w+, until .* 6 streams, times in Europe\/Berlin\./);
    expect(datesIn(looked.html)).toHaveLength(6);
    expect(valueOf(looked.html, "title")).toBe("Critique");
    expect(valueOf(looked.html, "formKey")).toBe(form.formKey);
    expect(chosenIn(looked.html, "repeats")).toBe("weekly");
    expect(await streams()).toEqual([]);

    const seen = valueOf(looked.html, "seen")!;
    const sent = await post(newPage, host, { ...form, seen });
    expect(sent.status).toBe(303);
    expect(await streams()).toHaveLength(6);
    const list = await visit(sent.location!, host);
    expect(list.words).toMatch(/“Critique” is scheduled\s?\. .*Every week on \w+, until/);
    expect(list.words.match(/Every week on \w+, until/g)).toHaveLength(7);
    expect((await post(newPage, host, { ...form, seen })).location).toBe(sent.location);
    expect(await streams()).toHaveLength(6);
  });

  it("shows them again when something of them was changed since", async () => {
    const { form, host, streams } = await setStage();
    const seen = valueOf((await post(newPage, host, form)).html, "seen")!;
    const changes: Record<string, string>[] = [
      { times: "7" },
      { time: "20:30" },
      { repeats: "fortnightly" },
      { zone: "UTC" },
    ];
    for (const change of changes) {
      const again = await post(newPage, host, { ...form, ...change, seen });
      expect(again.status).toBe(200);
      expect(valueOf(again.html, "seen")).not.toBe(seen);
    }
    expect(await streams()).toEqual([]);
  });

  it("on the fifth of a weekday leaves the months out that have none, and says which", async () => {
    const { form, host, streams, send } = await setStage();
    let first = Temporal.PlainDate.from(await inDays(7));
    while (first.day < 29) first = first.add({ days: 1 });
    const fifth = { ...form, day: first.toString(), repeats: "monthly", times: "4" };
    const looked = await post(newPage, host, fifth);
    const weekday = weekdayName(first.dayOfWeek);
    expect(looked.words).toContain(`Every month on the fifth ${weekday}, until`);
    expect(looked.words).toMatch(new RegExp(`Months without a fifth ${weekday} are left out: \\w+ \\d{4}`));
    expect((await send(newPage, fifth)).status).toBe(303);
    const days = (await streams()).map(({ series_day }) => Temporal.PlainDate.from(series_day!));
    expect(days).toHaveLength(4);
    expect(days.every(({ day, dayOfWeek }) => day > 28 && dayOfWeek === first.dayOfWeek)).toBe(true);
  });

  it("marks the day on which its time does not exist, and keeps it at the time otherwise", async () => {
    const { form, host, streams, send } = await setStage();
    const day = nextClockChange("forward");
    const gap = { ...form, day, time: "02:30", times: "2" };
    const looked = await post(newPage, host, gap);
    expect(looked.status).toBe(200);
    expect(looked.html).not.toContain('name="choice"');
    expect(datesIn(looked.html)[0]).toMatch(
      /03:30 The clocks leave 02:30 out on this day, so it starts at 03:30\.$/,
    );
    expect((await send(newPage, gap)).status).toBe(303);
    const [first, second] = await streams();
    expect(first).toMatchObject({ wall_time: `${day}T03:30`, starts_at: new Date(`${day}T01:30:00Z`) });
    expect(second?.wall_time).toMatch(/T02:30$/);
  });

  it("marks the day on which its time comes twice, and takes the first", async () => {
    const { form, host, streams, send } = await setStage();
    const day = nextClockChange("back");
    const twice = { ...form, day, time: "02:30", times: "2" };
    const looked = await post(newPage, host, twice);
    expect(datesIn(looked.html)[0]).toMatch(
      /The clocks show 02:30 twice on this day\. It starts the first time/,
    );
    await send(newPage, twice);
    expect((await streams())[0]).toMatchObject({ starts_at: new Date(`${day}T00:30:00Z`) });
  });

  it("keeps a zone under its present name", async () => {
    const { form, streams, send } = await setStage();
    expect((await send(newPage, { ...form, zone: "Europe/Kiev" })).status).toBe(303);
    expect(new Set((await streams()).map(({ time_zone }) => time_zone))).toEqual(new Set(["Europe/Kyiv"]));
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["times", { times: "10000" }, /at most 104 streams/],
    ["times", { times: "0" }, /a whole number from 2 to 104/],
    ["times", { times: "-1" }, /a whole number from 2 to 104/],
    ["times", { times: "1.5" }, /a whole number from 2 to 104/],
    ["times", { times: "1e9" }, /a whole number from 2 to 104/],
    ["until", { times: "", until: "2020-01-01" }, /is before the first stream/],
    ["until", { times: "" }, /until which day it goes on, or how many times/],
    ["until", { until: "2099-01-01" }, /only one of the two/],
    ["until", { times: "", until: "2099-01-01" }, /Its 104th would be on/],
    ["until", { times: "", until: "2027-02-30" }, /There is no 30 February/],
    ["repeats", { repeats: "daily" }, /Choose how it repeats/],
    ["title", { title: " " }, /The title is missing/],
    ["day", { day: "2020-01-06" }, /is in the past/],
    ["zone", { zone: "Mars/Olympus" }, /We know no time zone/],
  ])("refuses a wrong field beside it and keeps the rest: %s, %j", async (field, wrong, sentence) => {
    const { form, host, streams } = await setStage();
    const answer = await post(newPage, host, { ...form, ...wrong });
    expect(answer.status).toBe(400);
    expect(errorOf(answer.html, field)).toMatch(sentence);
    for (const name of ["title", "day", "time", "length", "until", "times", "formKey"]) {
      const typed = { ...form, ...wrong }[name] ?? "";
      expect(valueOf(answer.html, name) ?? "", name).toBe(typed);
    }
    expect(await streams()).toEqual([]);
  });

  it("refuses fields that were sent twice", async () => {
    const { form, host, streams } = await setStage();
    const doubled = await post(newPage, host, [...Object.entries(form), ...Object.entries(form)]);
    expect(doubled.status).toBe(400);
    for (const field of ["repeats", "until", "times"])
      expect(errorOf(doubled.html, field)).toMatch(/sent twice/);
    expect(await streams()).toEqual([]);
  });

  it("with a form that scheduled it before asks first, also for a single stream", async () => {
    const { form, host, send, streams } = await setStage();
    await send(newPage, form);
    const again = await send(newPage, { ...form, title: "Another" });
    expect(again.status).toBe(409);
    expect(again.words).toContain("This form has scheduled “ Critique ” already.");
    expect((await post(newPage, host, { ...form, repeats: "" })).status).toBe(409);
    expect(await streams()).toHaveLength(6);
  });

  it("keeps what somebody typed who has to sign in first", async () => {
    const { form, host } = await setStage();
    const sent = await web.fetch(newPage, { form });
    expect(sent.status).toBe(303);
    const to = new URL(sent.headers.get("location")!, web.url).searchParams.get("to")!;
    const browser = sent.headers.get("set-cookie")!.split(";")[0]!;
    const page = await visit(to, `${host}; ${browser}`);
    expect(valueOf(page.html, "times")).toBe("6");
    expect(chosenIn(page.html, "repeats")).toBe("weekly");
  });
});

describe("the dates as somebody types", () => {
  const ask = async (cookie: string | undefined, fields: Record<string, string>) =>
    web.fetch(`/account/streams/dates.json?${new URLSearchParams(fields)}`, { cookie });

  it("are told, or the first thing that is wrong", async () => {
    const { form, host } = await setStage();
    const response = await ask(host, form);
    expect(response.headers.get("cache-control")).toContain("no-store");
    expect(await response.json()).toMatchObject({ ok: true, dates: { count: 6, timeZone: "Europe/Berlin" } });
    const wrong = await (await ask(host, { ...form, times: "10000" })).json();
    expect(wrong).toEqual({
      ok: false,
      problem: "A series has at most 104 streams: write a whole number from 2 to 104.",
    });
    expect(await (await ask(host, {})).json()).toMatchObject({ ok: false });
    expect((await ask(host, { ...form, day: "x".repeat(5000), stream: "x" })).status).toBe(200);
  });
});

describe("one stream of a series", () => {
  it("says that it is one, to its team and to everybody", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const [first] = await stage.streams();
    const words = /Every week on \w+, until \w+ \d+ \w+ \d{4}/;
    const edit = await visit(`/account/streams/${first!.id}/edit`, stage.host);
    expect(edit.words).toMatch(words);
    expect(edit.words).toContain("Change this and all following");
    expect((await visit(`/account/streams/${first!.id}/cancel`, stage.host)).words).toMatch(words);
    const path = `/${stage.space.slug}/${stage.experience.slug}/streams/${first!.slug}`;
    for (const cookie of [undefined, await cookieOf(stage.people.viewer)]) {
      expect((await visit(path, cookie)).words).toMatch(/Part of a series\. Every week on/);
    }
    const single = await visit(stage.path, stage.owner);
    expect(single.words).not.toContain("Part of a series");
  });

  it("is moved by itself, and stays so when those that follow are changed", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const [first, second] = await stage.streams();
    const edit = `/account/streams/${second!.id}/edit`;
    const moved = { ...stage.form, version: "1", day: await inDays(15), time: "10:00" };
    expect((await post(edit, stage.host, moved)).status).toBe(303);
    const page = `/account/streams/${first!.id}/series`;
    expect((await visit(page, stage.host)).words).toContain("One was changed by itself");
    const fields = { ...(await openForm(stage, page)), title: "Late critique" };
    expect((await stage.send(page, fields)).status).toBe(303);
    const [now, kept, third] = await stage.streams();
    expect(now).toMatchObject({ title: "Late critique" });
    expect(kept).toMatchObject({ title: "Critique", wall_time: `${moved.day}T10:00` });
    expect(third).toMatchObject({ title: "Late critique" });
    const again = { ...(await openForm(stage, page)), title: "All of them", own: "change" };
    expect((await stage.send(page, again)).status).toBe(303);
    expect(new Set((await stage.streams()).map(({ title }) => title))).toEqual(new Set(["All of them"]));
  });
});

describe("a stream of a series and all that follow", () => {
  it("are changed together after their dates were seen", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const rows = await stage.streams();
    const page = `/account/streams/${rows[2]!.id}/series`;
    const fields = await openForm(stage, page);
    expect(fields).toMatchObject({ day: rows[2]!.series_day, time: "20:00", times: "4", repeats: "weekly" });
    const looked = await post(page, stage.host, { ...fields, time: "21:00" });
    expect(looked.status).toBe(200);
    expect(looked.words).toContain("Nothing is saved yet.");
    expect(datesIn(looked.html)).toHaveLength(4);
    const sent = await stage.send(page, { ...fields, time: "21:00" });
    expect(sent.status).toBe(303);
    expect((await visit(sent.location!, stage.host)).words).toMatch(/is saved, and so are those that follow/);
    expect((await stage.streams()).map(({ wall_time }) => wall_time.slice(11))).toEqual([
      ...["20:00", "20:00", "21:00", "21:00", "21:00", "21:00"],
    ]);
  });

  it("by two people at once: the second is told who was faster, and what they typed is kept", async () => {
    const stage = await setStage();
    await web.db.updateTable("users").set({ name: "Ines" }).where("id", "=", stage.people.owner.id).execute();
    await stage.send(newPage, stage.form);
    const rows = await stage.streams();
    const page = `/account/streams/${rows[1]!.id}/series`;
    const [mine, hers] = [await openForm(stage, page), await openForm(stage, page)];
    const first = await stage.send(page, { ...hers, title: "Hers" }, stage.owner);
    expect(first.status).toBe(303);
    const second = await stage.send(page, { ...mine, title: "His", times: "3" });
    expect(second.status).toBe(409);
    expect(second.words).toMatch(/Ines changed this series, or this stream, while you were editing\./);
    expect(second.words).toMatch(/Saved now, where it is not what you typed: Title Hers Press Save/);
    expect(valueOf(second.html, "title")).toBe("His");
    expect(valueOf(second.html, "times")).toBe("3");
    expect((await stage.streams())[1]).toMatchObject({ title: "Hers" });
    const edition = valueOf(second.html, "edition")!;
    const formKey = valueOf(second.html, "formKey")!;
    expect((await stage.send(page, { ...mine, title: "His", times: "3", edition, formKey })).status).toBe(
      303,
    );
    expect((await stage.streams()).map(({ title, status }) => `${title} ${status}`)).toEqual([
      ...["Critique scheduled", "His scheduled", "His scheduled", "His scheduled"],
      ...["Hers cancelled", "Hers cancelled"],
    ]);
  });

  it("are refused for what a new series would be refused for, and without an edition", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const before = await everything(web.db);
    const [first] = await stage.streams();
    const page = `/account/streams/${first!.id}/series`;
    const fields = await openForm(stage, page);
    const wrong = await post(page, stage.host, { ...fields, title: "", times: "10000", day: "2027-02-30" });
    expect(wrong.status).toBe(400);
    expect(errorOf(wrong.html, "title")).toMatch(/missing/);
    expect(errorOf(wrong.html, "times")).toMatch(/at most 104/);
    expect(errorOf(wrong.html, "day")).toMatch(/30 February/);
    expect(valueOf(wrong.html, "edition")).toBe(fields.edition);
    for (const times of ["0", "-1", "105"]) {
      const refused = await post(page, stage.host, { ...fields, times });
      expect([times, refused.status]).toEqual([times, 400]);
      expect(errorOf(refused.html, "times")).toMatch(/rite a whole number from 1 to 104/);
      expect(valueOf(refused.html, "times")).toBe(times);
    }
    const early = await post(page, stage.host, { ...fields, times: "", until: await inDays(6) });
    expect(early.status).toBe(400);
    expect(errorOf(early.html, "until")).toMatch(/is before the first stream/);
    const single = await post(page, stage.host, { ...fields, repeats: "" });
    expect(errorOf(single.html, "repeats")).toBe("Choose how it repeats.");
    for (const edition of ["", "x", `${randomUUID()}.1`, `${"x".repeat(36)}.1.1`, "a.b.c"]) {
      const incomplete = await post(page, stage.host, { ...fields, edition });
      expect([edition, incomplete.status]).toEqual([edition, 400]);
      expect(incomplete.words).toContain("This form was not complete.");
    }
    const others = await stage.send(page, { ...fields, edition: `${randomUUID()}.1.1` });
    expect(others.status).toBe(403);
    expect(await everything(web.db)).toBe(before);
  });

  it("are moved to a later weekday only after the page has named what its end leaves no place for", async () => {
    const stage = await setStage();
    const until = await inDays(7 + 5 * 7);
    await stage.send(newPage, { ...stage.form, times: "", until });
    const rows = await stage.streams();
    expect(rows).toHaveLength(6);
    const page = `/account/streams/${rows[1]!.id}/series`;
    const fields = { ...(await openForm(stage, page)), day: await inDays(14 + 2) };
    expect(fields).toMatchObject({ until, times: "" });
    const looked = await post(page, stage.host, fields);
    expect(looked.status).toBe(200);
    const words = dayInWords(Temporal.PlainDate.from(until));
    const keep = await inDays(7 + 5 * 7 + 2);
    expect(looked.words).toContain(
      `One stream has no place among these dates and will be cancelled: ${words} at 20:00.`,
    );
    expect(looked.words).toContain(
      `There were 5 from here on, and will be 4. ` +
        `To keep as many, let it go on until ${dayInWords(Temporal.PlainDate.from(keep))}.`,
    );
    const typed = new URLSearchParams({ ...fields, stream: rows[1]!.id });
    const asked = await web.fetch(`/account/streams/dates.json?${typed}`, { cookie: stage.host });
    const seen = valueOf(looked.html, "seen");
    expect(await asked.json()).toMatchObject({
      dates: { count: 4, seen, lost: [expect.stringContaining(words), expect.stringContaining("To keep")] },
    });
    // Where the end is moved as well, all of them are there, and nothing is named.
    const moved = await post(page, stage.host, { ...fields, until: keep, seen: seen! });
    expect(moved.words).not.toMatch(/no place|To keep as many/);
    const sent = { ...fields, until: keep, seen: valueOf(moved.html, "seen")! };
    expect((await post(page, stage.host, sent)).status).toBe(303);
    const now = await stage.streams();
    expect(now.map(({ id, status }) => [id, status])).toEqual(rows.map(({ id }) => [id, "scheduled"]));
    expect(now.at(-1)!.series_day).toBe(keep);
  });

  it("show again what will be cancelled when somebody ticks that also those are that were changed by themselves", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const rows = await stage.streams();
    const alone = { ...stage.form, version: "1", title: "A guest" };
    const last = rows[5]!.series_day!;
    expect(
      (await post(`/account/streams/${rows[5]!.id}/edit`, stage.host, { ...alone, day: last })).status,
    ).toBe(303);
    const page = `/account/streams/${rows[0]!.id}/series`;
    const fields = { ...(await openForm(stage, page)), times: "5" };
    const looked = await post(page, stage.host, fields);
    expect(looked.words).not.toContain("no place among these dates");
    const seen = valueOf(looked.html, "seen")!;
    const ticked = await post(page, stage.host, { ...fields, own: "change", seen });
    expect(ticked.status).toBe(200);
    expect(ticked.words).toContain(
      `will be cancelled: ${dayInWords(Temporal.PlainDate.from(last))} at 20:00.`,
    );
    expect((await stage.streams()).map(({ status }) => status)).toEqual(
      Array.from({ length: 6 }, () => "scheduled"),
    );
    expect((await post(page, stage.host, { ...fields, seen })).status).toBe(303);
    expect((await stage.streams())[5]).toMatchObject({ status: "scheduled", title: "A guest" });
  });

  it("are never moved into the past: what was typed is kept, and beside the day it says why", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const before = await stage.streams();
    for (const { id, series_day: day } of before) {
      const earlier = sql<string>`to_char(${day}::date - 17, 'YYYY-MM-DD')`;
      const starts = sql<Date>`(${day}::date - 17 + time '20:00') at time zone 'Europe/Berlin'`;
      const passed = {
        series_day: earlier,
        starts_at: starts,
        wall_time: sql<string>`${earlier} || 'T20:00'`,
      };
      await web.db.updateTable("streams").set(passed).where("id", "=", id).execute();
    }
    const first_day = (await stage.streams())[0]!.series_day!;
    await web.db
      .updateTable("stream_series")
      .set({ first_day })
      .where("experience_id", "=", stage.experience.id)
      .execute();
    const rows = await stage.streams();
    const moveAlone = async (streamId: string, version: string) =>
      post(`/account/streams/${streamId}/edit`, stage.host, {
        ...{ ...stage.form, version, day: await inDays(5), time: "10:00" },
      });
    const page = `/account/streams/${rows[0]!.id}/series`;

    // One that follows was moved.
    expect((await moveAlone(rows[1]!.id, "1")).status).toBe(303);
    const fields = { ...(await openForm(stage, page)), title: "Late critique", own: "change" };
    const state = await everything(web.db);
    const refused = await stage.send(page, fields);
    expect(refused.status).toBe(400);
    expect(errorOf(refused.html, "day")).toMatch(
      /^“Critique” would start on .* at 20:00, which has passed\./,
    );
    for (const name of ["title", "day", "time", "times", "edition", "formKey"])
      expect(valueOf(refused.html, name)).toBe(fields[name as keyof typeof fields]);
    expect(refused.html).toMatch(/<input[^>]*name="own"[^>]*checked/);
    expect(await everything(web.db)).toBe(state);

    // The first of them was moved.
    expect((await moveAlone(rows[0]!.id, "1")).status).toBe(303);
    const again = { ...(await openForm(stage, page)), title: "Late critique" };
    const asked = { ...again, stream: rows[0]!.id };
    const dates = async (more: Record<string, string>) =>
      (
        await web.fetch(`/account/streams/dates.json?${new URLSearchParams({ ...asked, ...more })}`, {
          cookie: stage.host,
        })
      ).json();
    expect(await dates({})).toMatchObject({ ok: true });
    expect(await dates({ own: "change" })).toEqual({
      ...{ ok: false, problem: expect.stringMatching(/is in the past\. Choose today or a later day\./) },
    });
    const looked = await post(page, stage.host, { ...again, own: "change" });
    expect(looked.status).toBe(400);
    expect(errorOf(looked.html, "day")).toMatch(/is in the past\. Choose today or a later day\./);
    expect(valueOf(looked.html, "title")).toBe("Late critique");
    // It stays as it is where nobody says otherwise, and those that follow are changed.
    expect((await stage.send(page, again)).status).toBe(303);
    expect((await stage.streams()).map(({ title }) => title)).toEqual([
      ...["Critique", "Critique", "Late critique", "Late critique", "Late critique", "Late critique"],
    ]);
  });

  it("of a zone that is not known any more say so, keep their times in another one, and can be cancelled", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const time_zone = "Europe/Atlantis";
    const of = stage.experience.id;
    await web.db.updateTable("stream_series").set({ time_zone }).where("experience_id", "=", of).execute();
    await web.db
      .updateTable("streams")
      .set({ time_zone })
      .where("experience_id", "=", of)
      .where("series_id", "is not", null)
      .execute();
    const rows = await stage.streams();
    for (const path of ["", "/series", "/series/cancel", "/edit"]) {
      expect([path, (await visit(`/account/streams/${rows[1]!.id}${path}`, stage.host)).status]).toEqual([
        path,
        200,
      ]);
    }
    expect((await visit("/account/streams", stage.host)).status).toBe(200);
    const page = `/account/streams/${rows[1]!.id}/series`;
    const opened = await visit(page, stage.host);
    expect(opened.words).toContain("in the time zone Europe/Atlantis, which was renamed or removed");
    expect(opened.words).not.toContain("changed by itself");
    // Nobody chooses for them, and the first of the list is not meant.
    expect(chosenIn(opened.html, "zone")).toBe("");
    const fields = await openForm(stage, page);
    for (const zone of ["", time_zone]) {
      const refused = await post(page, stage.host, { ...fields, zone });
      expect(refused.status).toBe(400);
      expect(errorOf(refused.html, "zone")).toMatch(/Choose/);
      expect(valueOf(refused.html, "times")).toBe("5");
    }
    const asked = await web.fetch(
      `/account/streams/dates.json?${new URLSearchParams({ ...fields, stream: rows[1]!.id })}`,
      { cookie: stage.host },
    );
    expect(await asked.json()).toMatchObject({ ok: true, dates: { count: 5 } });
    const stale = await stage.send(page, { ...fields, edition: fields.edition!.replace(/\d+$/, "9") });
    expect(stale.status).toBe(409);
    expect((await stage.send(page, fields)).status).toBe(303);
    const now = await stage.streams();
    expect(now.map(({ id, starts_at, schedule_version }) => [id, starts_at, schedule_version])).toEqual(
      rows.map(({ id, starts_at, schedule_version }) => [id, starts_at, schedule_version]),
    );
    expect(now.map((stream) => stream.time_zone)).toEqual([
      ...[time_zone, ...Array.from({ length: 5 }, () => "Europe/Berlin")],
    ]);
    const cancel = `/account/streams/${rows[0]!.id}/series/cancel`;
    const edition = valueOf((await visit(cancel, stage.host)).html, "edition")!;
    expect((await post(cancel, stage.host, { edition })).status).toBe(303);
    expect((await stage.streams())[0]).toMatchObject({ status: "cancelled" });
  });

  it("are cancelled together, and the page of each says so", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const rows = await stage.streams();
    const page = `/account/streams/${rows[2]!.id}/series/cancel`;
    const asked = await visit(page, stage.host);
    expect(asked.words).toContain("These 4 streams are cancelled");
    const edition = valueOf(asked.html, "edition")!;
    expect((await post(page, stage.host, {})).status).toBe(400);
    const sent = await post(page, stage.host, { edition });
    expect(sent.status).toBe(303);
    expect((await visit(sent.location!, stage.host)).words).toMatch(
      /is cancelled, and so are those that follow/,
    );
    expect((await post(page, stage.host, { edition })).status).toBe(303);
    expect((await stage.streams()).map(({ status }) => status)).toEqual([
      ...["scheduled", "scheduled", "cancelled", "cancelled", "cancelled", "cancelled"],
    ]);
    const path = (slug: string) => `/${stage.space.slug}/${stage.experience.slug}/streams/${slug}`;
    expect((await visit(path(rows[5]!.slug))).words).toContain("This stream was cancelled");
    expect((await visit(page, stage.host)).words).toContain("It was cancelled.");
    const stale = await post(`/account/streams/${rows[1]!.id}/series/cancel`, stage.host, { edition });
    expect(stale.status).toBe(409);
    expect(stale.words).toContain("changed this series while you were looking at it. Nothing was cancelled.");
  });

  it("are nobody else's", async () => {
    const stage = await setStage();
    await stage.send(newPage, stage.form);
    const [first] = await stage.streams();
    const pages = [`/account/streams/${first!.id}/series`, `/account/streams/${first!.id}/series/cancel`];
    const fields = await openForm(stage, pages[0]!);
    const { html } = await visit(pages[0]!, stage.host);
    const form = { ...fields, seen: valueOf(html, "seen") ?? "", title: "Not yours" };
    const cookies = Object.fromEntries(
      await Promise.all(
        Object.entries(stage.people).map(async ([who, person]) => [who, await cookieOf(person)] as const),
      ),
    );
    const before = await everything(web.db);
    for (const path of pages) {
      for (const who of ["stranger", "ended", "banned", "viewer", "otherOwner"]) {
        expect([who, (await visit(path, cookies[who])).status]).toEqual([who, 404]);
        expect([who, (await post(path, cookies[who], form)).status]).toEqual([who, 404]);
      }
      expect((await post(path, cookies.moderator, form)).status).toBe(403);
      expect((await visit(path)).location).toMatch(/^\/sign-in\?to=/);
    }
    expect(await everything(web.db)).toBe(before);
    const single = await visit(`/account/streams/${stage.stream.id}/series`, stage.host);
    expect(single.status).toBe(404);
    expect(single.words).toContain("This stream is not part of a series.");
  });
});
