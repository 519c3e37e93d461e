import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  insertMember,
  insertPeople,
  insertSpace,
  insertStream,
  insertUser,
  signIn,
} from "#tests/factories.ts";
import { nextClockChange } from "#tests/clock-changes.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

type Set = Awaited<ReturnType<typeof setStage>>;
type Who = keyof Awaited<ReturnType<typeof insertPeople>>["people"];
const outsiders = ["stranger", "ended", "banned", "viewer"] as const;

async function setStage(status: "scheduled" | "rehearsal" | "live" | "ended" | "cancelled" = "scheduled") {
  const set = await insertPeople(web.db, { status });
  const cookieOf = async (who: Who) => {
    const person = set.people[who];
    return person ? (await signIn(web.db, person.id)).cookie : undefined;
  };
  const rows = () =>
    web.db
      .selectFrom("streams")
      .selectAll()
      .where("experience_id", "=", set.experience.id)
      .orderBy("created_at")
      .execute();
  const form = {
    formKey: randomUUID(),
    title: "Colour grading",
    description: "Two hours in one timeline",
    experience: set.experience.id,
    day: await inDays(30),
    time: "20:00",
    zone: "Europe/Berlin",
    length: "1 h 30 min",
  };
  return { ...set, cookieOf, rows, form };
}

/** A day by the database's clock, as a form has it. */
async function inDays(days: number): Promise<string> {
  const { rows } = await sql<{
    day: string;
  }>`select to_char(now() + make_interval(days => ${days}), 'YYYY-MM-DD') as day`.execute(web.db);
  return rows[0]!.day;
}

const textOf = (html: string) =>
  html
    .replaceAll(/<script[\s\S]*?<\/script>/g, "")
    .replaceAll(/<!--.*?-->/g, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&#x27;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");

/** The sentence beside a field, or undefined. */
const errorOf = (html: string, name: string) =>
  new RegExp(`id="field-${name}-error">([^<]*)<`).exec(html)?.[1]?.replaceAll("&#x27;", "'");
const valueOf = (html: string, name: string) =>
  new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(html)?.[0].match(/value="([^"]*)"/)?.[1];
/** The value of a select's chosen option. */
function chosenIn(html: string, name: string): string | undefined {
  const select = new RegExp(`<select[^>]*name="${name}"[\\s\\S]*?</select>`).exec(html)?.[0];
  const [, attributes = "", text] = /<option([^>]*selected[^>]*)>([^<]*)</.exec(select ?? "") ?? [];
  return /value="([^"]*)"/.exec(attributes)?.[1] ?? text;
}

/** Stands for so many letters in the name of a test. */
const long = (letters: number) => `${letters} letters`;

async function get(path: string, cookie?: string, headers: Record<string, string> = {}) {
  const response = await web.fetch(path, {
    cookie: headers.zone ? `${cookie}; time_zone=${headers.zone}` : cookie,
  });
  return { status: response.status, location: response.headers.get("location"), html: await response.text() };
}

async function post(
  path: string,
  cookie: string | undefined,
  form: Record<string, string> | [string, string][],
) {
  const response = await web.fetch(path, { cookie, form, headers: { referer: `${web.url}${path}` } });
  return { status: response.status, location: response.headers.get("location"), html: await response.text() };
}

describe("the form of a new stream", () => {
  it("schedules a stream and says so, with the address of its page", async () => {
    const { form, cookieOf, rows, experience, space } = await setStage();
    const cookie = await cookieOf("host");
    const page = await get("/account/streams/new", cookie);
    expect(page.status).toBe(200);
    expect(valueOf(page.html, "formKey")).toMatch(/^[0-9a-f-]{36}$/);
    expect(chosenIn(page.html, "experience")).toBe(experience.id);
    expect(textOf(page.html)).toContain("An experience: opened by A pass");

    const sent = await post("/account/streams/new", cookie, form);
    expect(sent.status).toBe(303);
    const [, made] = await rows();
    expect(made).toMatchObject({
      title: "Colour grading",
      description: "Two hours in one timeline",
      slug: "colour-grading",
      wall_time: `${form.day}T20:00`,
      time_zone: "Europe/Berlin",
      length_minutes: 90,
      status: "scheduled",
    });
    const next = await get(sent.location!, cookie);
    expect(textOf(next.html)).toContain("“Colour grading” is scheduled.");
    expect(next.html).toContain(`${web.url}/${space.slug}/${experience.slug}/streams/colour-grading`);
  });

  it("makes one stream of a double click", async () => {
    const { form, cookieOf, rows } = await setStage();
    const cookie = await cookieOf("owner");
    const sent = await Promise.all([1, 2, 3].map(() => post("/account/streams/new", cookie, form)));
    expect(sent.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(new Set(sent.map(({ location }) => location)).size).toBe(1);
    expect(await rows()).toHaveLength(2);
  });

  it("that is sent again with other words asks first, and makes a second stream then", async () => {
    const { form, cookieOf, rows } = await setStage();
    const cookie = await cookieOf("host");
    await post("/account/streams/new", cookie, form);
    const again = await post("/account/streams/new", cookie, { ...form, title: "Another evening" });
    expect(again.status).toBe(409);
    expect(textOf(again.html)).toContain("This form has scheduled “ Colour grading ” already.");
    expect(valueOf(again.html, "title")).toBe("Another evening");
    const formKey = valueOf(again.html, "formKey")!;
    expect(formKey).not.toBe(form.formKey);
    expect(await rows()).toHaveLength(2);
    await post("/account/streams/new", cookie, { ...form, title: "Another evening", formKey });
    expect(await rows()).toHaveLength(3);
  });

  it("begins in the reader's zone: the profile's, else the cookie's, else none", async () => {
    const { cookieOf, people } = await setStage();
    const cookie = await cookieOf("host");
    expect(chosenIn((await get("/account/streams/new", cookie)).html, "zone")).toBe("");
    const calcutta = await get("/account/streams/new", cookie, { zone: "Asia/Calcutta" });
    expect(chosenIn(calcutta.html, "zone")).toBe("Asia/Kolkata");
    await web.db
      .updateTable("users")
      .set({ time_zone: "America/New_York" })
      .where("id", "=", people.host.id)
      .execute();
    const newYork = await get("/account/streams/new", cookie, { zone: "Asia/Calcutta" });
    expect(chosenIn(newYork.html, "zone")).toBe("America/New_York");
  });

  it("explains a time that does not exist, and takes the one that is chosen", async () => {
    const { form, cookieOf, rows } = await setStage();
    const cookie = await cookieOf("host");
    const day = nextClockChange("forward");
    const gap = { ...form, day, time: "02:30" };
    const asked = await post("/account/streams/new", cookie, gap);
    expect(asked.status).toBe(400);
    expect(errorOf(asked.html, "choice")).toBe(
      "02:30 does not exist on that day: clocks go from 02:00 to 03:00. Use 03:30 or 01:30.",
    );
    const values = [...asked.html.matchAll(/type="radio" name="choice" value="([^"]+)"/g)].map(
      (found) => found[1]!,
    );
    expect(values).toEqual([`${day}T03:30+02:00[Europe/Berlin]`, `${day}T01:30+01:00[Europe/Berlin]`]);
    expect(valueOf(asked.html, "time")).toBe("02:30");
    expect(await rows()).toHaveLength(1);
    const sent = await post("/account/streams/new", cookie, { ...gap, choice: values[0]! });
    expect(sent.status).toBe(303);
    expect((await rows())[1]).toMatchObject({
      wall_time: `${day}T03:30`,
      starts_at: new Date(`${day}T01:30:00Z`),
    });
  });

  it("explains a time that comes twice, and keeps the choice while something else is wrong", async () => {
    const { form, cookieOf, rows } = await setStage();
    const cookie = await cookieOf("host");
    const day = nextClockChange("back");
    const twice = { ...form, day, time: "02:30" };
    const asked = await post("/account/streams/new", cookie, twice);
    expect(asked.status).toBe(400);
    expect(textOf(asked.html)).toContain("02:30, the first time (UTC+02:00)");
    expect(textOf(asked.html)).toContain("02:30, the second time (UTC+01:00)");
    const choice = `${day}T02:30+01:00[Europe/Berlin]`;
    const wrong = await post("/account/streams/new", cookie, { ...twice, choice, title: "" });
    expect(wrong.status).toBe(400);
    expect(errorOf(wrong.html, "choice")).toBeUndefined();
    expect(wrong.html.match(/<input[^>]*name="choice"[^>]*checked=""[^>]*>/)?.[0]).toContain(choice);
    await post("/account/streams/new", cookie, { ...twice, choice });
    expect((await rows())[1]).toMatchObject({
      wall_time: `${day}T02:30`,
      starts_at: new Date(`${day}T01:30:00Z`),
    });
  });

  it.each([
    ["title", " \u200b ", /The title is missing/],
    ["title", long(10_000), /at most 120 characters, and this has 10,000/],
    ["title", "NUL \0 in it", /cannot be shown/],
    ["description", long(5001), /at most 5,000 characters/],
    ["day", "2027-02-30", /There is no 30 February in 2027/],
    ["day", "2020-01-01", /is in the past/],
    ["day", "2099-01-01", /more than two years ahead/],
    ["day", "", /Choose the day/],
    ["time", "25:00", /such as 19:30/],
    ["time", "", /Choose the time/],
    ["zone", "Mars/Olympus", /We know no time zone called Mars\/Olympus/],
    ["zone", "", /Choose the time zone/],
    ["length", "0", /at least 5 minutes/],
    ["length", "25 h", /at most 24 hours/],
    ["length", "", /how long/],
    ["experience", "", /Choose the experience/],
    ["experience", "not-an-id", /not an experience that you can schedule/],
    ["experience", randomUUID(), /not an experience that you can schedule/],
  ])("refuses the %s %j beside the field and keeps the rest", async (field, typed, sentence) => {
    const value = typed.replace(/^(\d+) letters$/, (_, count: string) => "x".repeat(Number(count)));
    const { form, cookieOf, rows } = await setStage();
    const answer = await post("/account/streams/new", await cookieOf("host"), { ...form, [field]: value });
    expect(answer.status).toBe(400);
    expect(errorOf(answer.html, field)).toMatch(sentence);
    if (field !== "title") expect(valueOf(answer.html, "title")).toBe("Colour grading");
    if (field !== "description") expect(answer.html).toContain("Two hours in one timeline");
    expect(valueOf(answer.html, "formKey")).toBe(form.formKey);
    expect(await rows()).toHaveLength(1);
  });

  it("refuses a form without its fields, and one that has them twice", async () => {
    const { form, cookieOf, rows } = await setStage();
    const cookie = await cookieOf("host");
    const empty = await post("/account/streams/new", cookie, { other: "x" });
    expect(empty.status).toBe(400);
    expect(textOf(empty.html)).toContain("This form was not complete.");
    for (const field of ["title", "experience", "day", "time", "zone", "length"])
      expect(errorOf(empty.html, field)).toBeTruthy();
    const doubled = await post("/account/streams/new", cookie, [
      ...Object.entries(form),
      ...Object.entries(form),
    ]);
    expect(doubled.status).toBe(400);
    for (const field of ["title", "day", "time", "zone", "length", "experience"]) {
      expect(errorOf(doubled.html, field), field).toMatch(/sent twice/);
    }
    expect(await rows()).toHaveLength(1);
  });

  it("keeps markup, bidi overrides and formulas in a title as plain words", async () => {
    const { form, cookieOf, rows } = await setStage();
    const cookie = await cookieOf("host");
    const title = '<script>alert("x")</script> \u202egnp =HYPERLINK("a") 👩‍👩‍👧';
    const sent = await post("/account/streams/new", cookie, { ...form, title });
    expect(sent.status).toBe(303);
    expect((await rows())[1]?.title).toBe(title);
    const list = await get("/account/streams", cookie);
    expect(list.html).not.toContain("<script>alert");
    expect(list.html).toContain("<bdi>&lt;script&gt;alert(");
  });

  it("refuses an experience of another team", async () => {
    const { form, cookieOf, rows } = await setStage();
    const other = await setStage();
    const answer = await post("/account/streams/new", await cookieOf("owner"), {
      ...form,
      experience: other.experience.id,
    });
    expect(answer.status).toBe(400);
    expect(errorOf(answer.html, "experience")).toMatch(/not an experience that you can schedule/);
    expect(await rows()).toHaveLength(1);
    expect(await other.rows()).toHaveLength(1);
  });

  it("of one space never takes an experience of another, not even of somebody who hosts in both", async () => {
    const { form, people, space, rows, cookieOf } = await setStage();
    const other = await setStage();
    await insertMember(web.db, { spaceId: other.space.id, userId: people.host.id, role: "host" });
    const cookie = await cookieOf("host");
    const path = `/account/streams/new?space=${other.space.slug}`;
    expect((await post(path, cookie, form)).status).toBe(400);
    expect(await rows()).toHaveLength(1);
    const sent = await post(`/account/streams/new?space=${space.slug}`, cookie, form);
    expect(sent).toMatchObject({ status: 303, location: expect.stringContaining(`space=${space.slug}`) });
  });

  it("is for hosts and owners: nobody signs in first, others have no such space or too small a role", async () => {
    const { form, cookieOf, space, rows } = await setStage();
    const path = `/account/streams/new?space=${space.slug}`;
    const nobody = await post(path, undefined, form);
    expect(nobody.status).toBe(303);
    expect(nobody.location).toMatch(/^\/sign-in\?to=/);
    expect((await get(path)).location).toMatch(/^\/sign-in\?to=/);
    for (const who of [...outsiders, "otherOwner"] as const) {
      const cookie = await cookieOf(who);
      expect((await get(path, cookie)).status, who).toBe(404);
      expect((await post(path, cookie, form)).status, who).toBe(404);
    }
    const moderator = await cookieOf("moderator");
    expect((await get(path, moderator)).status).toBe(403);
    const refused = await post(path, moderator, form);
    expect(refused.status).toBe(403);
    expect(await rows()).toHaveLength(1);
  });
});

describe("editing", () => {
  const editForm = (set: Set, more: Record<string, string> = {}) => ({
    version: "1",
    title: "Another title",
    description: "",
    day: set.form.day,
    time: "21:00",
    zone: "Europe/Berlin",
    length: "2 h",
    ...more,
  });

  it("begins with what is stored, and saves what was changed; the address stays", async () => {
    const set = await setStage();
    const cookie = await set.cookieOf("host");
    const path = `/account/streams/${set.stream.id}/edit`;
    const page = await get(path, cookie);
    expect(valueOf(page.html, "title")).toBe("A stream");
    expect(valueOf(page.html, "day")).toBe("2030-01-01");
    expect(valueOf(page.html, "time")).toBe("12:00");
    expect(chosenIn(page.html, "zone")).toBe("Europe/Berlin");
    expect(valueOf(page.html, "length")).toBe("1 h");
    const saved = await post(path, cookie, editForm(set));
    expect(saved.status).toBe(303);
    expect((await set.rows())[0]).toMatchObject({
      title: "Another title",
      wall_time: `${set.form.day}T21:00`,
      length_minutes: 120,
      schedule_version: 2,
      slug: set.stream.slug,
    });
    expect(textOf((await get(saved.location!, cookie)).html)).toContain("“Another title” is saved.");
  });

  it("by two people tells the second what the first saved, and loses nothing", async () => {
    const set = await setStage();
    await web.db.updateTable("users").set({ name: "Ines" }).where("id", "=", set.people.owner.id).execute();
    const path = `/account/streams/${set.stream.id}/edit`;
    await post(path, await set.cookieOf("owner"), editForm(set, { title: "What Ines says", length: "3 h" }));
    const cookie = await set.cookieOf("host");
    const second = await post(path, cookie, editForm(set, { title: "What the host says" }));
    expect(second.status).toBe(409);
    const words = textOf(second.html);
    expect(words).toContain("Ines saved this stream while you were editing it.");
    expect(words).toMatch(/Title What Ines says/);
    expect(words).toMatch(/Expected length 3 h/);
    expect(valueOf(second.html, "title")).toBe("What the host says");
    expect(valueOf(second.html, "version")).toBe("2");
    expect((await set.rows())[0]).toMatchObject({ title: "What Ines says", edit_version: 2 });
    const again = await post(path, cookie, editForm(set, { title: "What the host says", version: "2" }));
    expect(again.status).toBe(303);
    expect((await set.rows())[0]).toMatchObject({ title: "What the host says", edit_version: 3 });
  });

  it("refuses what a new stream would be refused for, and a form without its version", async () => {
    const set = await setStage();
    const cookie = await set.cookieOf("host");
    const path = `/account/streams/${set.stream.id}/edit`;
    const before = await set.rows();
    const wrong = await post(path, cookie, editForm(set, { day: "2027-02-30", title: "", length: "25 h" }));
    expect(wrong.status).toBe(400);
    expect(errorOf(wrong.html, "day")).toMatch(/30 February/);
    expect(errorOf(wrong.html, "title")).toMatch(/missing/);
    expect(errorOf(wrong.html, "length")).toMatch(/24 hours/);
    for (const version of ["", "x", "0", "1.5"]) {
      expect((await post(path, cookie, editForm(set, { version }))).status, version).toBe(400);
    }
    expect(await set.rows()).toEqual(before);
  });

  it("leaves alone a start that has passed, as long as it is not changed", async () => {
    const set = await setStage();
    const day = await inDays(-1);
    await web.db
      .updateTable("streams")
      .set({ starts_at: new Date(`${day}T12:00:00Z`), wall_time: `${day}T12:00`, time_zone: "UTC" })
      .where("id", "=", set.stream.id)
      .execute();
    const cookie = await set.cookieOf("host");
    const path = `/account/streams/${set.stream.id}/edit`;
    const late = editForm(set, { day, time: "12:00", zone: "UTC" });
    expect((await post(path, cookie, late)).status).toBe(303);
    const moved = await post(path, cookie, { ...late, time: "12:01", version: "2" });
    expect(moved.status).toBe(400);
    expect(errorOf(moved.html, "day")).toMatch(/in the past/);
    expect((await set.rows())[0]).toMatchObject({ title: "Another title", schedule_version: 1 });
  });

  it("says so when the zone's rules have changed since: the promised moment stays until it is saved", async () => {
    const set = await setStage();
    const cookie = await set.cookieOf("host");
    const path = `/account/streams/${set.stream.id}/edit`;
    const startsAt = new Date("2027-06-01T18:00:00Z");
    const change = { starts_at: startsAt, wall_time: "2027-06-01T20:00" };
    await web.db.updateTable("streams").set(change).where("id", "=", set.stream.id).execute();
    expect(textOf((await get(path, cookie)).html)).not.toContain("rules have changed");
    const moved = { starts_at: new Date("2027-06-01T17:00:00Z") };
    await web.db.updateTable("streams").set(moved).where("id", "=", set.stream.id).execute();
    const words = textOf((await get(path, cookie)).html);
    expect(words).toContain("The clocks' rules have changed");
    expect(words).toContain("Tue 1 Jun 2027, 19:00 Europe/Berlin");
  });

  it("is over when the stream is live, ended or cancelled", async () => {
    for (const status of ["live", "ended", "cancelled"] as const) {
      const set = await setStage(status);
      const cookie = await set.cookieOf("host");
      const path = `/account/streams/${set.stream.id}/edit`;
      const before = await set.rows();
      const page = await get(path, cookie);
      expect(page.status).toBe(200);
      expect(page.html).not.toContain('name="title"');
      const refused = await post(path, cookie, editForm(set));
      expect(refused.status, status).toBe(409);
      expect(textOf(refused.html)).toContain("cannot be edited any more");
      expect(await set.rows()).toEqual(before);
    }
  });
});

describe("cancelling", () => {
  it("asks once, and does it once however often it is pressed", async () => {
    const set = await setStage();
    const cookie = await set.cookieOf("host");
    const path = `/account/streams/${set.stream.id}/cancel`;
    expect(textOf((await get(path, cookie)).html)).toContain("This cannot be undone");
    expect((await set.rows())[0]?.status).toBe("scheduled");
    const sent = await Promise.all([1, 2].map(() => post(path, cookie, {})));
    expect(sent.map(({ status }) => status)).toEqual([303, 303]);
    expect((await set.rows())[0]?.status).toBe("cancelled");
    const list = await get(sent[0]!.location!, cookie);
    expect(textOf(list.html)).toContain("“A stream” is cancelled.");
    expect(list.html).not.toContain(`/account/streams/${set.stream.id}/edit`);
  });

  it("is refused in words once it is live", async () => {
    const set = await setStage("live");
    const answer = await post(`/account/streams/${set.stream.id}/cancel`, await set.cookieOf("host"), {});
    expect(answer.status).toBe(409);
    expect(textOf(answer.html)).toContain("It is live, so it cannot be cancelled any more.");
    expect((await set.rows())[0]?.status).toBe("live");
  });
});

describe("duplicating", () => {
  it("opens the form of a new stream with the same words and time, on the same weekday", async () => {
    const set = await setStage("ended");
    const cookie = await set.cookieOf("host");
    const answer = await get(`/account/streams/${set.stream.id}/duplicate`, cookie);
    expect(answer.status).toBe(302);
    const page = await get(answer.location!, cookie);
    expect(valueOf(page.html, "title")).toBe("A stream");
    expect(valueOf(page.html, "day")).toBe("2030-01-08");
    expect(valueOf(page.html, "time")).toBe("12:00");
    expect(chosenIn(page.html, "experience")).toBe(set.experience.id);
    expect(await set.rows()).toHaveLength(1);
  });

  it("of a stream of another space finds nothing", async () => {
    const set = await setStage();
    const other = await setStage();
    const path = `/account/streams/new?space=${set.space.slug}&from=${other.stream.id}`;
    expect((await get(path, await set.cookieOf("host"))).status).toBe(404);
    expect((await get("/account/streams/new?from=x", await set.cookieOf("host"))).status).toBe(404);
  });
});

describe("a stream's pages for its team", () => {
  it("are 404 for others and for what is no id, 403 for a moderator, and lead nobody to sign in", async () => {
    const set = await setStage();
    const before = await set.rows();
    for (const page of ["edit", "cancel", "duplicate"]) {
      const path = `/account/streams/${set.stream.id}/${page}`;
      expect((await get(path)).location, page).toMatch(/^\/sign-in\?to=/);
      for (const who of [...outsiders, "otherOwner"] as const) {
        expect((await get(path, await set.cookieOf(who))).status, `${page} ${who}`).toBe(404);
      }
      expect((await get(path, await set.cookieOf("moderator"))).status, page).toBe(403);
      for (const id of ["not-an-id", randomUUID()]) {
        expect((await get(`/account/streams/${id}/${page}`, await set.cookieOf("owner"))).status).toBe(404);
      }
      if (page === "duplicate") continue;
      expect((await post(path, undefined, {})).location, page).toMatch(/^\/sign-in\?to=/);
      for (const who of [...outsiders, "otherOwner"] as const) {
        expect((await post(path, await set.cookieOf(who), {})).status, `${page} ${who}`).toBe(404);
      }
      expect((await post(path, await set.cookieOf("moderator"), {})).status, page).toBe(403);
    }
    expect(await set.rows()).toEqual(before);
  });
});

describe("the list of streams", () => {
  it("shows what is live, upcoming and past, with buttons for hosts", async () => {
    const set = await setStage();
    const add = (status: "live" | "ended" | "cancelled", title: string) =>
      insertStream(web.db, {
        experienceId: set.experience.id,
        createdBy: set.people.owner.id,
        status,
        title,
      });
    await Promise.all([add("live", "On air"), add("ended", "Yesterday's"), add("cancelled", "Not to be")]);
    const page = await get("/account/streams", await set.cookieOf("host"));
    const words = textOf(page.html);
    expect(words).toMatch(/Live .*On air.* Upcoming .*A stream.* Past .*/);
    expect(words).toContain("Yesterday's");
    expect(words).toMatch(/Not to be.*Cancelled/);
    expect(page.html).toContain(`href="/account/streams/${set.stream.id}/edit"`);
    expect(words).toContain("New stream");
    expect(page.html).not.toContain('role="search"');
  });

  it("has no buttons for a moderator, whose titles lead to the public page", async () => {
    const set = await setStage();
    const page = await get("/account/streams", await set.cookieOf("moderator"));
    expect(page.status).toBe(200);
    expect(page.html).toContain(`href="${set.path}"`);
    expect(page.html).not.toContain(`/account/streams/${set.stream.id}`);
    expect(page.html).not.toContain("/account/streams/new");
  });

  it("can be searched beyond 20 streams, and has pages", async () => {
    const set = await setStage();
    for (let number = 1; number <= 21; number += 1) {
      await insertStream(web.db, {
        experienceId: set.experience.id,
        createdBy: set.people.owner.id,
        title: `Evening ${number}`,
        startsAt: sql<Date>`now() + make_interval(days => ${number})`,
      });
    }
    const cookie = await set.cookieOf("host");
    const all = await get("/account/streams", cookie);
    expect(all.html).toContain('role="search"');
    expect(textOf(all.html)).toContain("All 22 upcoming streams");
    expect(textOf(all.html)).not.toContain("Evening 21");
    const second = textOf((await get("/account/streams?list=upcoming&page=2", cookie)).html);
    expect(second).toContain("Page 2 of 2");
    expect(second).toContain("Evening 21");
    const found = textOf((await get("/account/streams?search=evening+21", cookie)).html);
    expect(found).toContain("Evening 21");
    expect(found).not.toContain("Evening 20");
    expect(textOf((await get("/account/streams?search=%25%FF", cookie)).html)).toContain(
      "No stream has these words.",
    );
    for (const strange of [
      "page=-1",
      "page=x",
      "page=1e9",
      "page=2&page=3",
      "list=other",
      "scheduled=x",
      "search=" + "a".repeat(3000),
    ]) {
      expect((await get(`/account/streams?list=upcoming&${strange}`, cookie)).status, strange).toBe(200);
    }
  });

  it("that is empty leads to the next step", async () => {
    const owner = await insertUser(web.db);
    const space = await insertSpace(web.db, { ownerId: owner.id });
    const { cookie } = await signIn(web.db, owner.id);
    const before = await get("/account/streams", cookie);
    expect(before.html).toContain(`href="/account/space/experiences/new?space=${space.slug}"`);
    expect(textOf((await get("/account/streams/new", cookie)).html)).toContain("Make an experience");
    await web.db
      .insertInto("experiences")
      .values({ space_id: space.id, slug: "evenings", name: "Evenings" })
      .execute();
    const after = await get("/account/streams", cookie);
    expect(after.html).toContain('href="/account/streams/new"');
  });

  it("shows times in the reader's zone, and in the stream's where they differ", async () => {
    const set = await setStage();
    await web.db
      .updateTable("streams")
      .set({ starts_at: new Date("2027-06-01T18:00:00Z"), wall_time: "2027-06-01T20:00" })
      .where("id", "=", set.stream.id)
      .execute();
    const cookie = await set.cookieOf("host");
    const there = textOf((await get("/account/streams", cookie, { zone: "America/New_York" })).html);
    expect(there).toMatch(/01 Tue, Jun 14:00/);
    expect(there).toContain("20:00 in Berlin");
    expect(there).toContain("Times are yours, America/New_York.");
    const unknown = textOf((await get("/account/streams", cookie)).html);
    expect(unknown).toMatch(/01 Tue, Jun 20:00/);
    expect(unknown).toContain("Europe/Berlin, 18:00 UTC");
  });

  it("is nobody's but the team's", async () => {
    const set = await setStage();
    const path = `/account/streams?space=${set.space.slug}`;
    expect((await get(path)).location).toMatch(/^\/sign-in\?to=/);
    for (const who of [...outsiders, "otherOwner"] as const) {
      expect((await get(path, await set.cookieOf(who))).status, who).toBe(404);
    }
    const other = await get(`/account/streams?scheduled=${set.stream.id}`, await set.cookieOf("otherOwner"));
    expect(other.status).toBe(200);
    expect(textOf(other.html)).not.toContain("A stream is");
  });
});

describe("a session that ends in the middle of the form", () => {
  it("loses nothing: after signing in, the form has what was typed", async () => {
    const { form, cookieOf, rows } = await setStage();
    const response = await web.fetch("/account/streams/new", {
      form: { ...form, title: "Typed before" },
      headers: { referer: `${web.url}/account/streams/new` },
    });
    const to = new URL(response.headers.get("location")!, web.url).searchParams.get("to")!;
    expect(to).toMatch(/^\/account\/streams\/new\?draft=/);
    const browser = response.headers.get("set-cookie")!.split(";")[0]!;
    const back = await get(to, `${await cookieOf("host")}; ${browser}`);
    expect(back.status).toBe(200);
    expect(valueOf(back.html, "title")).toBe("Typed before");
    expect(valueOf(back.html, "formKey")).toBe(form.formKey);
    expect(await rows()).toHaveLength(1);
  });
});
