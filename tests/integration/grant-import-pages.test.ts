import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { admitFile } from "#app/domain/grant-imports/make.ts";
import { budgetOf } from "#app/domain/people/limits.ts";
import { retirePass } from "#app/domain/passes/passes.ts";
import { insertImport, insertPeople, unique } from "#tests/factories.ts";
import { grantImport } from "#worker/handlers/grant-import.ts";
import { everything } from "./everything.ts";
import { browse, wordsOf } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
let house: Awaited<ReturnType<typeof insertPeople>>;
let cookie: string | undefined;
let page: string;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());
beforeEach(async () => {
  house = await insertPeople(web.db, { status: "scheduled" });
  cookie = await cookieOf(house.people.owner);
  page = `/account/passes/${house.pass.id}/imports`;
});

const { cookieOf, visit, post } = browse(() => web);

type Sent = { name?: string; timeZone?: string; as?: string | undefined };

/** The form as a browser sends it. */
async function send(
  file: string | Uint8Array<ArrayBuffer> | null,
  { name = "people.csv", timeZone = "Europe/Berlin", ...sent }: Sent = {},
) {
  const form = new FormData();
  form.append("timeZone", timeZone);
  form.append("file", new Blob(file === null ? [] : [file]), file === null ? "" : name);
  const as = "as" in sent ? sent.as : cookie;
  const response = await web.fetch(page, { method: "POST", body: form, cookie: as });
  const html = await response.text();
  return {
    status: response.status,
    location: response.headers.get("location") ?? "",
    html,
    words: wordsOf(html),
  };
}

const holders = async () =>
  (
    await web.db
      .selectFrom("access_grants")
      .select("id")
      .where("access_pass_id", "=", house.pass.id)
      .execute()
  ).length;

describe("a file that is sent", () => {
  it("is shown with what is wrong with which line, added once confirmed, and told how it went", async () => {
    const before = await holders();
    const [one, two] = [`${unique("one")}@example.com`, `${unique("two")}@example.com`];
    const file = `Name;E-Mail;Until\r\nÄnne;${one};\r\n"Ben\r\nBen";${two};2030-01-31\r\nX;<b>bad</b>;\r\nY;=cmd;\r\n`;
    const sent = await send(Buffer.from(`\uFEFF${file}`, "utf16le"), { name: "häuser; a=b \u202Egnp.csv" });
    expect(sent.status).toBe(303);
    const shown = await visit(sent.location, cookie);
    expect(shown.status).toBe(200);
    expect(shown.words).toContain("häuser; a=b gnp.csv");
    expect(shown.words).toContain("Read as UTF-16, separated by semicolons.");
    expect(shown.words).toContain("This column is left aside: Name .");
    expect(shown.words).toContain("Add 2 people; leave out 2 lines");
    expect(shown.words).toMatch(/5 <b>bad<\/b>|5 &lt;b&gt;bad&lt;\/b&gt;/);
    expect(shown.html).not.toContain("<b>bad");
    expect(shown.words).toContain("6 =cmd As the pass says This is not a mail address.");
    const people = await visit(`${sent.location}?lines=people`, cookie);
    expect(people.words).toContain(`2 ${one} As the pass says Gets the pass.`);
    expect(people.words).toContain(`3 ${two}`);
    expect(await holders()).toBe(before);

    expect(await post(`${sent.location}/confirmation`, cookie, {})).toMatchObject({ status: 303 });
    const working = await visit(sent.location, cookie);
    expect(working.words).toContain("Adding people: 0 of 2");
    expect(working.html).toMatch(/<noscript><meta http-equiv="refresh" content="3"/i);
    const importId = sent.location.split("/").at(-1)!;
    await grantImport(web.services, { importId });
    expect(await holders()).toBe(before + 2);
    const done = await visit(sent.location, cookie);
    expect(done.words).toContain("2 people added");
    expect(done.html).not.toMatch(/http-equiv="refresh"/i);
    expect((await visit(page, cookie)).words).toContain("2 people added, 2 lines left out");
    // A second press changes nothing.
    const after = await everything(web.db);
    expect(await post(`${sent.location}/confirmation`, cookie, {})).toMatchObject({ status: 303 });
    expect(await everything(web.db)).toBe(after);
  });

  it("can be put right by what was left out of it, as a file without formulas", async () => {
    const { location } = await send('email,until\n=cmd,+1\na@example.com,\n"-x\ny",\n');
    const response = await web.fetch(`${location}/refused.csv`, { cookie });
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="left-out.csv"');
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    const csv = await response.text();
    expect(csv.split("\r\n")).toEqual([
      "email,ends_at,line,problem",
      "'=cmd,'+1,2,This is not a mail address. It looks like name@example.com.",
      `"'-x\ny",,4,This address has a line break or another sign in it that no address has.`,
      "",
    ]);
    expect((await visit((await send(csv)).location, cookie)).words).toContain(
      "These columns are left aside: line , problem",
    );
  });

  it("is shown in pages, with its problems first and the others behind links", async () => {
    const lines = Array.from({ length: 120 }, (_, index) => `wrong ${index}`);
    const { location } = await send(`email\na@example.com\na@example.com\n${lines.join("\n")}\n`);
    const first = await visit(location, cookie);
    expect(first.words).toContain("Page 1 of 3");
    expect(first.words).toContain("wrong 49 ");
    expect(first.words).not.toContain("wrong 50 ");
    expect((await visit(`${location}?lines=refused&page=3`, cookie)).words).toContain("wrong 119 ");
    expect((await visit(`${location}?lines=repeated`, cookie)).words).toContain("Already in line 2.");
    expect((await visit(`${location}?lines=toString&page=9`, cookie)).words).toContain(
      "No line is one of these.",
    );
  });

  it("says how many seats are free, and how many letters, before anybody is added", async () => {
    await web.db.updateTable("access_passes").set({ stock: 4 }).where("id", "=", house.pass.id).execute();
    const emails = Array.from({ length: 1000 }, (_, index) => `${index}-${unique("many")}@example.com`);
    const { words } = await visit((await send(`email\n${emails.join("\n")}\n`)).location, cookie);
    expect(words).toContain("Only 2 seats are free");
    // There are letters for everybody who can get a seat.
    expect(words).not.toMatch(/letter|We write to/);
    expect(words).toContain("Add 1,000 people");
  });

  it.each([
    ["unlimited", null, 997, "Only 997 letters are left today"],
    ["1,000", 1000, 997, "Only 997 letters are left today"],
    ["all letters used", null, 0, "We write to none of them"],
  ])("says how many letters are left where more people may get a seat: %s", async (_, stock, left, says) => {
    await web.db.updateTable("access_passes").set({ stock }).where("id", "=", house.pass.id).execute();
    const text = `email\n${Array.from({ length: 1000 }, () => `${unique("many")}@example.com`).join("\n")}\n`;
    const passId = house.pass.id;
    const { location } = await send(text);
    // The house itself began with three gifts.
    if (left === 0)
      await sql`
        insert into access_grants (access_pass_id, user_id, source, status)
        select ${passId}::uuid, ${house.people.stranger.id}::uuid, 'given', 'cancelled' from generate_series(1, 997)
      `.execute(web.db);
    const { words } = await visit(location, cookie);
    expect(words).toContain(says);
    expect(words).toContain("gets the pass without a letter");
  });

  it("is deleted when its owner discards it", async () => {
    const { location } = await send("email\na@example.com\n");
    const removed = await post(`${location}/removal`, cookie, {});
    expect(removed).toMatchObject({ status: 303, location: `${page}?removed` });
    expect((await visit(removed.location!, cookie)).words).toContain("The list is deleted.");
    expect((await visit(location, cookie)).status).toBe(404);
  });

  it("is not found below another pass", async () => {
    const other = await insertPeople(web.db);
    const importId = await insertImport(web.db, {
      spaceId: other.space.id,
      passId: other.pass.id,
      madeBy: other.people.owner.id,
    });
    const before = await everything(web.db);
    for (const path of ["", "/refused.csv"]) {
      expect((await visit(`${page}/${importId}${path}`, cookie)).status).toBe(404);
      expect((await visit(`${page}/x${path}`, cookie)).status).toBe(404);
    }
    for (const path of ["confirmation", "removal"])
      expect((await post(`${page}/${importId}/${path}`, cookie, {})).status).toBe(404);
    expect(await everything(web.db)).toBe(before);
  });
});

describe("what is no list", () => {
  it.each<[string, string | Uint8Array<ArrayBuffer> | null, Sent, string]>([
    ["no file", null, {}, "Choose a file first."],
    ["an empty file", "", {}, "This file is empty."],
    ["a workbook", "PK\u0003\u0004", {}, "Save it there as CSV"],
    ["a picture", Buffer.from([0x89, 0x50, 0, 0, 0, 0xff]), {}, "This is not a text file."],
    ["no column for addresses", "name\nAda\n", {}, "No column is called “email”."],
    ["an open mark", 'email,n\na@example.com,"x\n', {}, "A quotation mark in line 2 is never closed."],
    [
      "a zone that we do not know",
      "email\na@example.com\n",
      { timeZone: "Mars/North" },
      "We do not know this time zone.",
    ],
  ])(
    "%s is refused beside its field, with what was typed, and nothing is kept",
    async (_, file, sent, sentence) => {
      const before = await everything(web.db);
      const { status, words, html } = await send(file, sent);
      expect(status).toBe(400);
      expect(words.split(sentence)).toHaveLength(3);
      expect(html).toContain(`value="${sent.timeZone ?? "Europe/Berlin"}"`);
      expect(await everything(web.db)).toBe(before);
    },
  );

  it("a pass that is retired takes no file, and its page has no form", async () => {
    await retirePass(web.db, { spaceId: house.space.id, passId: house.pass.id });
    const before = await everything(web.db);
    expect((await send("email\na@example.com\n")).status).toBe(409);
    expect((await visit(page, cookie)).html).not.toContain('type="file"');
    expect(await everything(web.db)).toBe(before);
  });

  it.each(["application/json", "multipart/form-data", "multipart/form-data; boundary=x"])(
    "a body of %s that is none is refused",
    async (type) => {
      const before = await everything(web.db);
      const response = await web.fetch(page, {
        method: "POST",
        body: "--y\r\nfile",
        cookie,
        headers: { "content-type": type },
      });
      expect(response.status).toBe(400);
      expect(await everything(web.db)).toBe(before);
    },
  );
});

it.each(["file", "other"])(
  "a form that breaks off in the file %s is refused, and the process goes on",
  async (name) => {
    const before = await everything(web.db);
    const head = `--x\r\ncontent-disposition: form-data; name="${name}"; filename="a.csv"\r\n\r\n`;
    const response = await web.fetch(page, {
      method: "POST",
      body: `${head}email\na@example.com`,
      cookie,
      headers: { "content-type": "multipart/form-data; boundary=x" },
    });
    expect(response.status).toBe(400);
    expect(await everything(web.db)).toBe(before);
  },
);

describe("a file that is too large", () => {
  /** The head of a form of so many bytes, and only the beginning of its body. */
  function begin(path: string, bytes: number, as: string | undefined) {
    const sending = request(new URL(path, web.url), {
      method: "POST",
      headers: {
        origin: web.url,
        "content-type": "multipart/form-data; boundary=x",
        "content-length": bytes,
        ...(as && { cookie: as }),
      },
    });
    sending.on("error", () => {});
    sending.write('--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nemail\r\n');
    return sending;
  }

  async function answerTo(path: string, bytes: number, as: string | undefined) {
    const sending = begin(path, bytes, as);
    const closed = once(sending, "close");
    const [response] = (await once(sending, "response")) as [IncomingMessage];
    const html = await text(response);
    // Whoever goes on sending is cut off.
    await closed;
    return { status: response.statusCode, location: response.headers.location, words: wordsOf(html) };
  }

  const much = 200 * 1024 * 1024;

  it("is refused with a sentence before it is there, and the connection is cut", async () => {
    const before = await everything(web.db);
    const { status, words } = await answerTo(page, much, cookie);
    expect(status).toBe(413);
    expect(words).toContain("This file is too large: at most 20 MB. Send it in parts.");
    expect(await everything(web.db)).toBe(before);
  });

  it("is not read for who is not signed in, or may not add people", async () => {
    const nobody = await answerTo(page, much, undefined);
    expect(nobody).toMatchObject({ status: 303, location: `/sign-in?to=${encodeURIComponent(page)}` });
    const bytes = 10 * 1024 * 1024;
    for (const who of ["host", "otherOwner", "viewer"] as const) {
      const { status } = await answerTo(page, bytes, await cookieOf(house.people[who]));
      expect([who, status]).toEqual([who, who === "host" ? 403 : 404]);
    }
  });

  it("is not read for a space that sent many files today, nor for a pass that is retired", async () => {
    const bytes = 10 * 1024 * 1024;
    const of = { spaceId: house.space.id, passId: house.pass.id };
    for (let many = 0; many < budgetOf("imports.space").points; many++)
      expect(await admitFile(web.db, of)).toEqual({ ok: true });
    const before = await everything(web.db);
    const late = await answerTo(page, bytes, cookie);
    expect([late.status, late.words]).toEqual([
      429,
      expect.stringContaining("Your space sent many files today."),
    ]);
    expect(await everything(web.db)).toBe(before);
    await retirePass(web.db, of);
    expect((await answerTo(page, bytes, cookie)).status).toBe(409);
  });

  it("is taken up to 20 MB, and nowhere else", async () => {
    const filler = `${" ".repeat(1000)}\n`.repeat(19_000);
    const { status, location } = await send(`email\na@example.com\n${filler}`);
    expect(status).toBe(303);
    expect((await visit(location, cookie)).words).toContain("Add 1 person");
    expect((await answerTo(`${page}.data`, much, cookie)).status).toBe(413);
    expect((await answerTo("/account/passes/new", much, cookie)).status).toBe(413);
  });
});
