import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertPeople } from "#tests/factories.ts";
import { everything as everythingIn } from "./everything.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
let house: Awaited<ReturnType<typeof insertPeople>>;
let cookie: string | undefined;
beforeAll(async () => {
  web = await startTestWeb();
  house = await insertPeople(web.db, { status: "scheduled" });
  cookie = await cookieOf(house.people.owner);
});
afterAll(() => web.close());

const { cookieOf, post } = browse(() => web);

type Fields = Record<string, string>;
type Form = { path: () => string; fields: () => Fields | Promise<Fields>; line: string; says: string };

const pass = () => ({
  name: "A pass",
  description: "",
  experiences: house.experience.id,
  term: "open",
  atExpiry: "finish",
});
const stream = () => ({
  title: "A stream",
  description: "",
  experience: house.experience.id,
  day: new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10),
  time: "20:00",
  zone: "Europe/Berlin",
  length: "1 h",
});

/** Every form in which people write a line that others read, filled in rightly; `line` is its field, `says` its name. */
const forms: Record<string, Form> = {
  "a space": {
    path: () => "/account/space/new",
    fields: () => ({ name: "A space", slug: "", description: "" }),
    line: "name",
    says: "The name",
  },
  "a space's words": {
    path: () => `/account/space?space=${house.space.slug}`,
    fields: () => ({ name: "A space", slug: house.space.slug, description: "" }),
    line: "name",
    says: "The name",
  },
  "a new experience": {
    path: () => `/account/space/experiences/new?space=${house.space.slug}`,
    fields: () => ({ name: "An experience", description: "" }),
    line: "name",
    says: "The name",
  },
  "an experience": {
    path: () => `/account/space/experiences/${house.experience.id}`,
    fields: () => ({ name: "An experience", description: "" }),
    line: "name",
    says: "The name",
  },
  "a new pass": {
    path: () => `/account/passes/new?space=${house.space.slug}`,
    fields: pass,
    line: "name",
    says: "The name",
  },
  "a pass": {
    path: () => `/account/passes/${house.pass.id}/edit`,
    fields: pass,
    line: "name",
    says: "The name",
  },
  "taking a grant back": {
    path: () => `/account/passes/${house.pass.id}/grants/${house.grant.id}/cancellation`,
    fields: () => ({ reason: "A reason" }),
    line: "reason",
    says: "The reason",
  },
  "a new stream": {
    path: () => `/account/streams/new?space=${house.space.slug}`,
    fields: () => ({ ...stream(), formKey: randomUUID() }),
    line: "title",
    says: "The title",
  },
  "a stream": {
    path: () => `/account/streams/${house.stream.id}/edit`,
    fields: async () => ({ ...stream(), version: String(await editVersion()) }),
    line: "title",
    says: "The title",
  },
};

const editVersion = async () =>
  (
    await web.db
      .selectFrom("streams")
      .select("edit_version")
      .where("id", "=", house.stream.id)
      .executeTakeFirstOrThrow()
  ).edit_version;

const everything = () => everythingIn(web.db);

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const sentenceBeside = (html: string, field: string) =>
  new RegExp(`id="field-${field}-error"[^>]*>([\\s\\S]*?)</`).exec(html)?.[1];

const refusedLines: [string, string, RegExp][] = [
  ["10,000 characters", "x".repeat(10_000), /too long: at most \d+ characters, and this has 10,000/],
  ["only spaces", " \u00a0\u2003 ", /is missing/],
  ["only marks of direction", "\u202e\u200f\u2066", /is missing/],
  ["NUL", "a\0b", /has a character that cannot be shown/],
  ["an escape sequence", "a\u001b[31mb", /has a character that cannot be shown/],
];

describe.each(Object.keys(forms))("the form of %s", (name) => {
  const form = forms[name]!;

  it.each(refusedLines)("with %s is refused beside the field, and changes nothing", async (_, line, said) => {
    const before = await everything();
    const answer = await post(form.path(), cookie, { ...(await form.fields()), [form.line]: line });
    expect(answer.status).toBe(400);
    expect(sentenceBeside(answer.html, form.line)).toMatch(said);
    expect(sentenceBeside(answer.html, form.line)).toContain(form.says);
    if (!/[\0\u001b]/.test(line)) expect(answer.html).toContain(`value="${line}"`);
    expect(await everything()).toBe(before);
  });

  it("without its fields, and with each of them twice, is refused and changes nothing", async () => {
    const before = await everything();
    const fields = Object.entries(await form.fields());
    for (const sent of [
      {},
      fields.flatMap(([key, value]) => [
        [key, value],
        [key, `${value}2`],
      ]),
    ]) {
      const answer = await post(form.path(), cookie, sent as Fields);
      expect(answer.status).toBe(400);
      expect(answer.words).toMatch(/is missing|sent twice|not complete|again/);
    }
    expect(await everything()).toBe(before);
  });

  it("of 60 MB is refused before it is read, and changes nothing", async () => {
    const before = await everything();
    const answer = await web.fetch(form.path(), {
      cookie,
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new Blob([`${form.line}=`, "x".repeat(60_000_000)]),
    });
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain("That was too large");
    expect(await everything()).toBe(before);
  });

  it("takes markup, a turned direction and line breaks as the words of one line", async () => {
    const line = '<b>"A\u202e & b</b>\r\nBcc: mallory@example.com';
    const answer = await post(form.path(), cookie, { ...(await form.fields()), [form.line]: line });
    expect(answer.status).toBeGreaterThanOrEqual(302);
    expect(answer.status).toBeLessThan(304);
    const page = await web.fetch(answer.location ?? "", { cookie });
    const html = await page.text();
    expect([page.status, html.includes(line), html.includes("<b>")]).toEqual([200, false, false]);
    const stored = `<b>"A\u202e & b</b> Bcc: mallory@example.com`;
    expect(await everything()).toContain(JSON.stringify(stored).slice(1, -1));
    // Whatever turns the direction turns it inside its own element.
    if (html.includes("\u202e")) expect(html).toMatch(/<bdi[^>]*>[^<]*\u202e|value="[^"]*\u202e|<title>/);
  });
});

it("an account's form without its fields keeps the name", async () => {
  const before = await everything();
  const answer = await post("/account", cookie, {});
  expect([answer.status, sentenceBeside(answer.html, "name")]).toEqual([
    400,
    "The name did not arrive. Type it again.",
  ]);
  expect(await everything()).toBe(before);
});

describe("a mail address", () => {
  const addresses = [
    ["none", ""],
    ["no address", "someone"],
    ["with a second header in it", "a@example.com\r\nBcc: mallory@example.com"],
    ["two of them", "a@example.com, b@example.com"],
    ["with NUL", "a\0@example.com"],
    ["with markup", "<b>@example.com"],
    ["of 10,000 characters", `${"x".repeat(9_988)}@example.com`],
  ] as const;
  const places = {
    "an invitation": () => [`/account/members?space=${house.space.slug}`, { role: "host" }] as const,
    "a grant": () => [`/account/passes/${house.pass.id}`, {}] as const,
    "signing in": () => ["/sign-in", {}] as const,
  };

  describe.each(Object.keys(places) as (keyof typeof places)[])("for %s", (place) => {
    it.each(addresses)("%s: 400 beside the field, and nobody is written to", async (_, email) => {
      const [path, more] = places[place]();
      const [before, letters] = [await everything(), web.letters.length];
      const answer = await post(path, place === "signing in" ? undefined : cookie, { ...more, email });
      expect(answer.status).toBe(400);
      expect(sentenceBeside(answer.html, "email")).toMatch(/not a mail address|too long|missing/);
      if (email && !/[\0\r]/.test(email)) expect(answer.html).toContain(`value="${escaped(email)}"`);
      expect(await everything()).toBe(before);
      expect(web.letters).toHaveLength(letters);
    });
  });
});

describe("a start", () => {
  it.each([
    ["in the past", { day: "2020-01-01" }, "day"],
    ["on 30 February", { day: "2028-02-30" }, "day"],
    ["in a zone that there is not", { zone: "Mars/Olympus" }, "zone"],
    ["of no length", { length: "0" }, "length"],
    ["of 25 hours", { length: "25 h" }, "length"],
  ])(
    "%s is refused beside its field, for a new stream and for one that is there",
    async (_, wrong, field) => {
      for (const name of ["a new stream", "a stream"]) {
        const { path, fields } = forms[name]!;
        const before = await everything();
        const answer = await post(path(), cookie, { ...(await fields()), title: "Stays as typed", ...wrong });
        expect(answer.status).toBe(400);
        expect(sentenceBeside(answer.html, field)?.length).toBeGreaterThan(10);
        expect(answer.html).toContain('value="Stays as typed"');
        expect(await everything()).toBe(before);
      }
    },
  );
});

describe("a pass", () => {
  it.each([
    ["of a negative price", { price: "-1" }, "price", /cannot be below 0/],
    ["of a huge price", { price: "9".repeat(300) }, "price", /at most EUR 999,999.99/],
    ["of half a cent", { price: "0.005" }, "price", /EUR has 2 digits/],
    ["of a price in words", { price: "<b>much</b>" }, "price", /as a number/],
    ["with a negative stock", { stock: "-1" }, "stock", /fewer than 0/],
    ["with a huge stock", { stock: "99999999999999999999" }, "stock", /whole number from 0 to 1,000,000/],
    ["of 0 months", { term: "months", months: "0" }, "months", /from 1 to 120/],
    ["of a thousand years in months", { term: "months", months: "12000" }, "months", /from 1 to 120/],
    ["of more days than the calendar has", { term: "days", days: "999999999" }, "days", /from 1 to 3660/],
    [
      "until a year of six digits",
      { term: "until", untilDate: "275760-09-13" },
      "untilDate",
      /before the year 3000/,
    ],
    ["until the year 9999", { term: "until", untilDate: "9999-12-31" }, "untilDate", /before the year 3000/],
    ["until the year 0", { term: "until", untilDate: "0000-01-01" }, "untilDate", /long past/],
    ["until yesterday", { term: "until", untilDate: "2020-01-01" }, "untilDate", /is past/],
    ["whose sale is over", { saleEndDate: "2020-01-01" }, "saleEndDate", /is past/],
    [
      "whose sale ends before it begins",
      saleOf("2030-01-02", "2030-01-01"),
      "saleEndDate",
      /before it begins/,
    ],
    [
      "in a zone that there is not",
      { term: "months", months: "1", timeZone: "Mars/Base" },
      "timeZone",
      /do not know/,
    ],
  ])(
    "%s is refused beside its field, for a new one and for one that is there",
    async (_, wrong, field, said) => {
      for (const name of ["a new pass", "a pass"]) {
        const { path, fields } = forms[name]!;
        const before = await everything();
        const typed = { timeZone: "Europe/Berlin", ...(await fields()), name: "Stays as typed", ...wrong };
        const answer = await post(path(), cookie, typed);
        expect(answer.status).toBe(400);
        expect(sentenceBeside(answer.html, field)).toMatch(said);
        expect(answer.html).toContain('value="Stays as typed"');
        const typedThere = (wrong as Fields)[field];
        if (typedThere) expect(answer.html).toContain(`value="${escaped(typedThere)}"`);
        expect(await everything()).toBe(before);
      }
    },
  );

  it("that opens an experience of another space is refused beside them", async () => {
    const theirs = await insertPeople(web.db, { status: "scheduled" });
    for (const name of ["a new pass", "a pass"]) {
      const { path, fields } = forms[name]!;
      const before = await everything();
      const answer = await post(path(), cookie, { ...(await fields()), experiences: theirs.experience.id });
      expect([answer.status, sentenceBeside(answer.html, "experiences")]).toEqual([
        400,
        "One of these is not an experience of this space any more. Choose again.",
      ]);
      expect(await everything()).toBe(before);
    }
  });
});

function saleOf(saleStartDate: string, saleEndDate: string) {
  return { saleStartDate, saleEndDate };
}

it.each(["a b", "[x"])("a request to a host that is none (%s) is answered with 400", async (host) => {
  const { hostname, port } = new URL(web.url);
  const socket = connect(Number(port), hostname);
  socket.end(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 [^]*We could not read that/);
});
