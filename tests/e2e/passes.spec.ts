import { writeFile } from "node:fs/promises";
import { sql } from "kysely";
import type { Page } from "@playwright/test";
import { newestMail } from "#tests/browser/mails.ts";
import {
  ago,
  inFuture,
  insertGrant,
  insertImport,
  insertLink,
  insertPass,
  insertPeople,
  insertUser,
  unique,
} from "#tests/factories.ts";
import type { Db } from "#db/client.ts";
import { expect, expectLooks, signInByMail, test } from "./world.ts";

const csv = (text: string) => ({ name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(text) });

type House = Awaited<ReturnType<typeof insertPeople>>;

async function insertPassWith(db: Db, house: House, values: Record<string, unknown>) {
  const { space, experience } = house;
  const pass = await insertPass(db, {
    spaceId: space.id,
    experienceIds: [experience.id],
    name: unique("Pass"),
  });
  await db.updateTable("access_passes").set(values).where("id", "=", pass.id).execute();
  return { ...pass, path: `/${space.slug}/passes/${pass.slug}` };
}

type Made = Awaited<ReturnType<typeof insertPassWith>>;
type State = {
  values?: Record<string, unknown>;
  own?: (db: Db, pass: Made, userId: string) => Promise<unknown>;
  says: RegExp;
};

const priced = { price_minor: 123_450 };
const request = (more: Record<string, unknown>) => (db: Db, pass: Made, userId: string) =>
  db
    .insertInto("access_pass_requests")
    .values({ access_pass_id: pass.id, user_id: userId, currency: "EUR", price_minor: 123_450, ...more })
    .execute();
const wait = (more: Record<string, unknown>) => (db: Db, pass: Made, userId: string) =>
  db
    .insertInto("access_pass_waits")
    .values({ access_pass_id: pass.id, user_id: userId, ...more })
    .execute();
const grant = (more: object) => (db: Db, pass: Made, userId: string) =>
  insertGrant(db, { passId: pass.id, userId, ...more });
const longWords = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung ".repeat(5).trim();

/** Everything that a pass's page can be for somebody who is signed in. */
const states: Record<string, State> = {
  "to be had": { values: { stock: 3 }, says: /3 seats left/ },
  "sold out": { values: { stock: 0 }, says: /Join the waiting list/ },
  "waited for": { values: { stock: 0 }, own: wait({}), says: /You are 1st on the waiting list/ },
  offered: {
    values: { stock: 1 },
    own: wait({ offered_at: sql`now()`, offer_until: inFuture("1 day") }),
    says: /We keep it for you until/,
  },
  "to be asked for": { values: priced, says: /€1,234\.50/ },
  "asked for": { values: priced, own: request({ words: longWords }), says: /You have asked for it/ },
  declined: {
    values: priced,
    own: request({ status: "declined", decided_at: sql`now()`, reason: longWords }),
    says: /Your request was declined/,
  },
  "not to be had yet": { values: { sale_starts_at: inFuture("3 days") }, says: /People get it from/ },
  "no longer to be had": { values: { sale_ends_at: ago("1 hour") }, says: /Its sale ended/ },
  "switched off": { values: { on_sale: false }, says: /not given at the moment/ },
  over: { values: { term: "until", term_until: ago("1 hour") }, says: /reached its last day/ },
  retired: { values: { retired_at: sql`now()` }, says: /no longer given/ },
  held: { own: grant({ endsAt: inFuture("30 days") }), says: /You hold this until/ },
  "run out": { own: grant({ startsAt: ago("2 days"), endsAt: ago("1 day") }), says: /Yours has run out/ },
  "taken back": { own: grant({ status: "cancelled" }), says: /Yours was taken back/ },
};

test("the pages of people from a file fit, and Axe finds nothing", async ({ person, db }) => {
  const { people, space, pass } = await insertPeople(db, { status: "scheduled" });
  const name = `${"a".repeat(150)}.csv`;
  const lines = Array.from({ length: 60 }, () => `${unique("x".repeat(80))}@example.com,${longWords}`);
  const text = `email,until,${longWords}\n${lines.join("\n")}\na@example.com,\na@example.com,\n`;
  const of = { spaceId: space.id, passId: pass.id, madeBy: people.owner.id, text, fileName: name };
  const [ready, done, working] = [
    await insertImport(db, of),
    await insertImport(db, of),
    await insertImport(db, of),
  ];
  const confirmed = { confirmed_at: sql<Date>`now()`, moved_at: sql<Date>`now() + interval '1 hour'` };
  await db
    .updateTable("access_grant_imports")
    .set({ ...confirmed, status: "done", done_at: sql`now()` })
    .where("id", "=", done)
    .execute();
  await db
    .updateTable("access_grant_imports")
    .set({ ...confirmed, status: "importing" })
    .where("id", "=", working)
    .execute();
  await db.updateTable("access_passes").set({ stock: 1 }).where("id", "=", pass.id).execute();
  const page = await (await person({ userId: people.owner.id })).newPage();
  const root = `/account/passes/${pass.id}/imports`;
  for (const path of [
    root,
    `${root}/${ready}`,
    `${root}/${ready}?lines=people`,
    `${root}/${done}`,
    `${root}/${working}`,
  ]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectLooks(page);
  }
  await expect(page.getByText("Adding people: 0 of 1")).toBeVisible();
});

test("a pass's page in each of its states fits, and Axe finds nothing", async ({ person, db }) => {
  const house = await insertPeople(db, { status: "scheduled" });
  const someone = await insertUser(db);
  const page = await (await person({ userId: someone.id })).newPage();
  for (const [name, { values = {}, own, says }] of Object.entries(states)) {
    const pass = await insertPassWith(db, house, { updated_at: sql`now()`, ...values });
    await own?.(db, pass, someone.id);
    await page.goto(pass.path);
    await expect(page.getByRole("main").getByText(says).first(), name).toBeVisible();
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectLooks(page);
  }
  await page.goto("/account/grants");
  for (const heading of ["Waiting lists", "Requests", "Spent"])
    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
  await expectLooks(page);
});

test("a link of a pass in each of its states fits, and Axe finds nothing", async ({ person, db }) => {
  const house = await insertPeople(db, { status: "scheduled" });
  const [owner, someone] = [house.people.owner, await insertUser(db)];
  const secret = (process.env.SESSION_SECRET ?? "").split(",")[0]!;
  const nobody = await (await person()).newPage();
  const reader = await (await person({ userId: someone.id })).newPage();
  const creator = await (await person({ userId: owner.id })).newPage();
  const linkStates: [RegExp, RegExp, Partial<Parameters<typeof insertLink>[1]>][] = [
    [/Sign in to take it/, /Take your pass/, { ends_at: inFuture("3 days"), name: longWords.slice(0, 80) }],
    [/This invitation has run out/, /has run out/, { ends_at: ago("1 hour") }],
    [/This invitation is used up/, /used up/, { most_uses: 3, uses: 3 }],
    [/was taken back/, /was taken back/, { revoked_at: ago("1 hour"), revoked_by: owner.id }],
  ];
  for (const [says, saysSignedIn, values] of linkStates) {
    const pass = await insertPassWith(db, house, {
      ...{ price_minor: 1250, term: "until", term_until: inFuture("30 days") },
    });
    const link = await insertLink(db, { passId: pass.id, madeBy: owner.id, secret, ...values });
    await look(nobody, link.path, says);
    await look(reader, link.path, saysSignedIn);
    const root = `/account/passes/${pass.id}/links`;
    await look(creator, root, /Make a link/);
    await look(creator, `${root}/${link.id}`, /Nobody|People stand here as soon as they take/);
    if (!values.revoked_at) await look(creator, `${root}/${link.id}/revocation`, /at once and for good/);
  }

  async function look(page: Page, path: string, text: RegExp) {
    await page.goto(path);
    await expect(page.getByRole("main").getByText(text).first()).toBeVisible();
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectLooks(page);
  }
});

test("a long list of who holds passes fits, and Axe finds nothing", async ({ person, db }) => {
  const house = await insertPeople(db, { status: "scheduled" });
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const { id } = await insertUser(db, { name: index % 20 === 0 ? longWords.slice(0, 80) : "" });
      await insertGrant(db, { passId: house.pass.id, userId: id, endsAt: inFuture(`${index + 1} days`) });
    }),
  );
  const page = await (await person({ userId: house.people.owner.id })).newPage();
  for (const path of [`/account/passes/${house.pass.id}`, "/account/passes/grants"])
    for (const query of ["", "?q=donau", "?q=nobody&state=refunded", `?q=${"a".repeat(120)}`]) {
      await page.goto(path + query);
      await expect(page.getByLabel("Name or address")).toBeVisible();
      await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
      await expectLooks(page);
    }
});

test("a creator's pages of a pass and its grants fit, and Axe finds nothing", async ({ person, db }) => {
  const house = await insertPeople(db, { status: "scheduled" });
  const pass = await insertPassWith(db, house, { ...priced, stock: 1, sale_starts_at: ago("1 day") });
  const [asking, answered, back] = await Promise.all(
    [1, 2, 3].map(() => insertUser(db, { name: "Mara Lind" })),
  );
  await request({ words: longWords })(db, pass, asking!.id);
  await request({ status: "declined", decided_at: sql`now()`, reason: longWords })(db, pass, answered!.id);
  const { id: requestId } = await db
    .selectFrom("access_pass_requests")
    .select("id")
    .where("user_id", "=", asking!.id)
    .executeTakeFirstOrThrow();
  const held = await insertGrant(db, {
    passId: pass.id,
    userId: back!.id,
    endsAt: ago("1 hour"),
    status: "cancelled",
  });
  await db
    .insertInto("access_grant_events")
    .values([
      { access_grant_id: held.id, kind: "claimed", actor_id: back!.id, ends_after: ago("1 hour") },
      { access_grant_id: held.id, kind: "cancelled", actor_id: house.people.owner.id, reason: longWords },
    ])
    .execute();
  const page = await (await person({ userId: house.people.owner.id })).newPage();
  const root = `/account/passes/${pass.id}`;
  const grants = `/account/passes/${house.pass.id}/grants/${house.grant.id}`;
  const paths = [
    "/account/passes",
    root,
    `${root}/edit`,
    `${root}/retirement`,
    `${root}/requests`,
    `${root}/requests/${requestId}/approval`,
    `${root}/requests/${requestId}/refusal`,
    `${root}/grants/${held.id}`,
    `${root}/grants/${held.id}/restoration`,
    grants,
    `${grants}/end`,
    `${grants}/cancellation`,
    `${grants}/refund`,
  ];
  for (const path of paths) {
    await page.goto(path);
    expect(new URL(page.url()).pathname).toBe(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectLooks(page);
  }
});

for (const script of [true, false]) {
  const how = script ? "" : ", without scripts";

  test(`a creator makes a pass with a price, says yes to who asks, and shortens it${how}`, async ({
    person,
    db,
  }) => {
    const { people, space } = await insertPeople(db, { status: "scheduled" });
    const asking = await insertUser(db);
    const creator = await (await person({ userId: people.owner.id, script })).newPage();
    await creator.goto(`/account/passes/new?space=${space.slug}`);
    const name = unique("Front row");
    await creator.getByLabel("Name").fill(name);
    await creator.getByRole("radio", { name: /^Some months/ }).check();
    await creator.getByLabel("Number of months").fill("1");
    await creator.getByLabel("Price").fill("-3");
    await creator.getByLabel("Seats").fill("1");
    await creator.getByLabel("Time zone of this pass").fill("Europe/Berlin");
    await creator.getByRole("button", { name: "Make the pass" }).click();
    await expect(creator.getByText("A price cannot be below 0").first()).toBeVisible();
    await expect(creator.getByLabel("Number of months")).toHaveValue("1");
    await creator.getByLabel("Price").fill("12.50");
    await creator.getByRole("button", { name: "Make the pass" }).click();
    await expect(creator.getByText("For one month from when you get it")).toBeVisible();
    const address = await creator.getByLabel("Where people get it").inputValue();

    const viewer = await (await person({ userId: asking.id, script })).newPage();
    await viewer.goto(new URL(address).pathname);
    await viewer.getByRole("link", { name: "Ask for it" }).click();
    await viewer.getByLabel("A few words").fill("I bring a frame of my own");
    await viewer.getByRole("button", { name: "Ask for the pass" }).click();
    await expect(viewer.getByText("You have asked for it")).toBeVisible();

    await creator.reload();
    await creator.getByRole("link", { name: "Answer the requests" }).click();
    await expect(creator.getByText("I bring a frame of my own")).toBeVisible();
    await creator.getByRole("button", { name: `Approve the request of ${asking.email}` }).click();
    await expect(creator.getByText("Nobody waits for an answer")).toBeVisible();
    await viewer.reload();
    await expect(viewer.getByText("You hold this until")).toBeVisible();
    const mail = await newestMail(process.env.MAIL_WEB_URL ?? "", asking.email);
    expect(mail.subject).toContain("Yes from");

    await creator.getByRole("link", { name: asking.email }).click();
    await creator.getByRole("link", { name: "Extend or shorten" }).click();
    await creator.getByRole("radio", { name: /^Without an end/ }).check();
    await creator.getByLabel("Reason").fill("A friend of the house");
    await creator.getByRole("button", { name: "Set the new end" }).click();
    const history = creator.getByRole("table");
    await expect(history.getByRole("rowheader", { name: "Extended" })).toBeVisible();
    await expect(history.getByText("A friend of the house")).toBeVisible();
    await viewer.reload();
    await expect(viewer.getByText("You hold this without an end")).toBeVisible();
  });

  test(`a creator adds people from a file, after looking at what is wrong with it${how}`, async ({
    person,
    db,
  }) => {
    const house = await insertPeople(db, { status: "scheduled" });
    const [one, two] = [`${unique("one")}@example.com`, `${unique("two")}@example.com`];
    const expects = [/status of 413/];
    const creator = await (await person({ userId: house.people.owner.id, script, expects })).newPage();
    await creator.goto(`/account/passes/${house.pass.id}`);
    await creator.getByRole("link", { name: "Add people from a file" }).click();
    const large = test.info().outputPath("large.csv");
    await writeFile(large, Buffer.alloc(21 * 1024 * 1024, "a"));
    await creator.getByLabel("CSV file").setInputFiles(large);
    await creator.getByRole("button", { name: "Read the file" }).click();
    await expect(creator.getByText("This file is too large").first()).toBeVisible();
    await creator.getByLabel("CSV file").setInputFiles(csv("name;phone\nAda;1\n"));
    await creator.getByRole("button", { name: "Read the file" }).click();
    await expect(creator.getByText("No column is called “email”").first()).toBeVisible();
    const file = `E-Mail;Until\r\n${one};\r\n${two};2030-01-31\r\nnobody;\r\n`;
    await creator.getByLabel("CSV file").setInputFiles(csv(file));
    await creator.getByRole("button", { name: "Read the file" }).click();
    await expect(creator.getByRole("row", { name: "4 nobody" })).toContainText("This is not a mail address");
    await creator.getByRole("button", { name: "Add 2 people; leave out 1 line" }).click();
    // Nobody presses anything: the page asks by itself.
    await expect(creator.getByText("2 people added")).toBeVisible();
    await creator.getByRole("link", { name: "Who gets the pass (2)" }).click();
    await expect(creator.getByRole("row", { name: one })).toContainText("Added.");
    const mail = await newestMail(process.env.MAIL_WEB_URL ?? "", two);
    expect(mail.subject).toContain("gave you a pass");
    await creator.goto(`/account/passes/${house.pass.id}/imports`);
    await expect(creator.getByRole("cell", { name: "2 people added, 1 line left out" })).toBeVisible();
    await creator.getByRole("link", { name: "people.csv" }).click();
    await creator.getByRole("button", { name: "Delete this list" }).click();
    await expect(creator.getByText("The list is deleted")).toBeVisible();
  });

  test(`a creator hands on a link: people take the pass by it until it is used up, and it is revoked${how}`, async ({
    person,
    db,
  }) => {
    const house = await insertPeople(db, { status: "scheduled" });
    const pass = await insertPassWith(db, house, priced);
    const creator = await (await person({ userId: house.people.owner.id, script })).newPage();
    await creator.goto(`/account/passes/${pass.id}`);
    await creator.getByRole("link", { name: "Invite links" }).click();
    await creator.getByLabel("Name").fill("Newsletter");
    await creator.getByLabel("How many people").fill("0");
    await creator.getByRole("button", { name: "Make the link" }).click();
    await expect(creator.getByText("Type a whole number from 1 to 1,000,000").first()).toBeVisible();
    await expect(creator.getByLabel("Name")).toHaveValue("Newsletter");
    await creator.getByLabel("How many people").fill("1");
    await creator.getByRole("button", { name: "Make the link" }).click();
    await expect(creator.getByRole("heading", { level: 1 })).toHaveText("Newsletter");
    const address = await creator.getByLabel("Whoever opens this gets the pass").inputValue();
    const path = new URL(address).pathname;

    const guest = await (await person({ script })).newPage();
    await guest.goto(path);
    await expect(guest.getByRole("heading", { level: 1 })).toHaveText(pass.name);
    await guest.getByRole("link", { name: "Sign in to take it" }).click();
    const email = `${unique("guest")}@example.com`;
    await signInByMail(guest, email);
    expect(new URL(guest.url()).pathname).toBe(path);
    await guest.getByRole("button", { name: "Take your pass" }).click();
    await expect(guest.getByText("You hold this without an end")).toBeVisible();
    await guest.goto(path);
    await expect(guest.getByText("You have this pass already")).toBeVisible();

    const late = await (await person({ userId: (await insertUser(db)).id, script })).newPage();
    await late.goto(path);
    await expect(late.getByText("This invitation is used up")).toBeVisible();

    await creator.reload();
    await expect(creator.getByText("1 of 1")).toBeVisible();
    await creator.getByRole("link", { name: "Revoke the link" }).click();
    await creator.getByRole("button", { name: "Revoke the link for good" }).click();
    await expect(creator.getByText("Revoked")).toBeVisible();
    await late.reload();
    await expect(late.getByText("This invitation was taken back")).toBeVisible();
    await creator.getByRole("link", { name: email }).click();
    await expect(creator.getByRole("rowheader", { name: /Took it by a link/ })).toBeVisible();
    await creator.getByRole("link", { name: "Take the pass back" }).click();
    await creator.getByLabel("Reason").fill("Handed on to a stranger");
    await creator.getByRole("button", { name: "Take the pass back" }).click();
    await expect(creator.getByRole("rowheader", { name: "Taken back" })).toBeVisible();
    await guest.reload();
    await expect(guest.getByText("This pass was taken back from you")).toBeVisible();
  });

  test(`a creator finds who holds passes by a part of a name, a state and a way${how}`, async ({
    person,
    db,
  }) => {
    const house = await insertPeople(db, { status: "scheduled" });
    const other = await insertPassWith(db, house, { on_sale: true });
    const names = Array.from({ length: 56 }, (_, index) => `Guest number ${index}`);
    for (const name of names) {
      const { id } = await insertUser(db, { name });
      await insertGrant(db, { passId: other.id, userId: id });
    }
    const mara = await insertUser(db, { name: "Mara Lind" });
    await insertGrant(db, { passId: house.pass.id, userId: mara.id, status: "refunded" });
    const page = await (await person({ userId: house.people.owner.id, script })).newPage();
    await page.goto("/account/passes");
    await page.getByRole("link", { name: "Find who holds one" }).click();
    await expect(page.getByText("60 in all")).toBeVisible();
    await page.getByRole("link", { name: "Next page" }).click();
    await expect(page.getByRole("row")).toHaveCount(11);
    await page.getByRole("link", { name: "First page" }).click();
    await expect(page.getByRole("row")).toHaveCount(51);
    await page.getByLabel("Name or address").fill("mara l");
    await page.getByRole("button", { name: "Find" }).click();
    await expect(page.getByRole("row")).toHaveCount(2);
    await expect(page.getByRole("link", { name: mara.email })).toBeVisible();
    await expect(page.getByLabel("Name or address")).toHaveValue("mara l");
    await page.getByLabel("Status").selectOption("Active");
    await page.getByRole("button", { name: "Find" }).click();
    await expect(page.getByText("Nobody fits what you look for")).toBeVisible();
    await expect(page.getByLabel("Status")).toHaveValue("active");
    await page.getByRole("link", { name: "Show everybody" }).click();
    await expect(page.getByRole("row")).toHaveCount(51);
    await expect(page.getByLabel("Name or address")).toHaveValue("");
  });

  test(`the last seat goes to one, the next waits, and gets it when it comes free${how}`, async ({
    person,
    db,
  }) => {
    const house = await insertPeople(db, { status: "scheduled" });
    const pass = await insertPassWith(db, house, { stock: 1 });
    const [first, second] = await Promise.all([insertUser(db), insertUser(db)]);
    const [one, two] = [await openAs(first.id), await openAs(second.id)];
    await one.getByRole("button", { name: "Get it, free" }).click();
    await expect(one.getByText("You hold this without an end")).toBeVisible();
    // Their page is older than that.
    await two.getByRole("button", { name: "Get it, free" }).click();
    await expect(two.getByText("You did not get one")).toBeVisible();
    await two.getByRole("button", { name: "Join the waiting list" }).click();
    await expect(two.getByText("You are 1st on the waiting list")).toBeVisible();

    const creator = await (await person({ userId: house.people.owner.id, script })).newPage();
    await creator.goto(`/account/passes/${pass.id}`);
    await creator.getByRole("link", { name: first.email }).click();
    await creator.getByRole("link", { name: "Take the pass back" }).click();
    await creator.getByRole("button", { name: "Take the pass back" }).click();
    await expect(creator.getByText("The reason is missing").first()).toBeVisible();
    await creator.getByLabel("Reason").fill("Sold twice");
    await creator.getByRole("button", { name: "Take the pass back" }).click();
    await expect(creator.getByRole("rowheader", { name: "Taken back" })).toBeVisible();
    await one.reload();
    await expect(one.getByText("Sold twice")).toBeVisible();

    const mail = await newestMail(process.env.MAIL_WEB_URL ?? "", second.email);
    expect(mail.subject).toContain("A seat is free for you");
    await two.goto(pass.path);
    await two.getByRole("button", { name: "Take your seat" }).click();
    await expect(two.getByText("You hold this without an end")).toBeVisible();

    async function openAs(userId: string): Promise<Page> {
      const page = await (await person({ userId, script })).newPage();
      await page.goto(pass.path);
      return page;
    }
  });
}
