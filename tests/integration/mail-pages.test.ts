import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChoices } from "#app/domain/mail/choices.ts";
import { takeDay } from "#app/domain/mail/digests.ts";
import { takeMailEvents } from "#app/domain/mail/failures.ts";
import { planMailings } from "#app/domain/mail/planning.ts";
import { stopPath } from "#app/domain/mail/unsubscribe.ts";
import { inFuture, insertPeople, insertStream, insertUser } from "#tests/factories.ts";
import { everything } from "./everything.ts";
import { come, deliver, fatesOf, makeDue } from "./mail-fixtures.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);
const stopOf = (personId: string, choice: Parameters<typeof stopPath>[2] = "reminder") =>
  stopPath(web.services.config.sessionSecrets, personId, choice);
const choicesOf = (personId: string) => findChoices(web.db, personId);

/** A mailbox's own button: it comes from no page and knows no cookie. */
const oneClick = (path: string) =>
  fetch(new URL(path, web.url), {
    method: "POST",
    body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }),
    redirect: "manual",
  });

describe("the address that stops mail", () => {
  it("changes nothing when it is opened, however often", async () => {
    const person = await insertUser(web.db);
    const before = await everything(web.db);
    for (const method of ["GET", "HEAD"]) await web.fetch(stopOf(person.id), { method });
    const { status, words } = await visit(stopOf(person.id));
    expect(status).toBe(200);
    expect(words).toContain("Stop reminders?");
    expect(words).toContain(person.email);
    expect(await everything(web.db)).toBe(before);
  });

  it("stops one kind with a mailbox's own button, without a page of ours or a cookie (RFC 8058)", async () => {
    const person = await insertUser(web.db);
    expect((await oneClick(stopOf(person.id, "replay"))).status).toBe(200);
    expect((await oneClick(stopOf(person.id, "replay"))).status).toBe(200);
    expect(await choicesOf(person.id)).toMatchObject({ stopped: ["replay"], allStopped: false });
  });

  it("takes a one-click post as multipart, too", async () => {
    const person = await insertUser(web.db);
    const body = new FormData();
    body.set("List-Unsubscribe", "One-Click");
    const answer = await fetch(new URL(stopOf(person.id), web.url), { method: "POST", body });
    expect(answer.status).toBe(200);
    expect(await choicesOf(person.id)).toMatchObject({ stopped: ["reminder"] });
  });

  it("stops everything with its other button", async () => {
    const person = await insertUser(web.db);
    const { words } = await post(stopOf(person.id), undefined, { what: "all" });
    expect(words).toContain("You get no more mail about streams");
    expect(await choicesOf(person.id)).toMatchObject({ stopped: [], allStopped: true });
    expect((await visit(stopOf(person.id))).words).toContain("You get no more mail about streams");
  });

  it("that was tampered with, is of another kind, or of somebody who was deleted, says so and changes nothing", async () => {
    const [person, gone] = [await insertUser(web.db), await insertUser(web.db)];
    const path = stopOf(person.id);
    const code = path.slice(path.lastIndexOf("/") + 1);
    const ofGone = stopOf(gone.id);
    await web.db.deleteFrom("users").where("id", "=", gone.id).execute();
    const before = await everything(web.db);
    const turned = (code.startsWith("A") ? "B" : "A") + code.slice(1);
    const paths = [
      `/mail/unsubscribe/reminder/${turned}`,
      `/mail/unsubscribe/reminder/${code.slice(0, -1)}`,
      `/mail/unsubscribe/live/${code}`,
      `/mail/unsubscribe/everything/${code}`,
      `/mail/unsubscribe/reminder/${person.id}`,
      ofGone,
    ];
    for (const wrong of paths) {
      const seen = await visit(wrong);
      expect([wrong, seen.status]).toEqual([wrong, 404]);
      expect(seen.words).toContain("Nothing was changed");
      expect((await oneClick(wrong)).status).toBe(404);
      expect((await post(wrong, undefined, { what: "all" })).status).toBe(404);
    }
    expect(await everything(web.db)).toBe(before);
  });

  it("is not told to the log", async () => {
    const lines: Parameters<typeof startTestWeb>[0] = { logged: [] };
    const logging = await startTestWeb(lines);
    const person = await insertUser(logging.db);
    const path = stopPath(logging.services.config.sessionSecrets, person.id, "reminder");
    await logging.fetch(path, { form: { what: "kind" } });
    await logging.fetch(`${path.slice(0, -2)}xx`);
    await logging.close();
    expect(JSON.stringify(lines.logged)).toContain("mail.stopped");
    expect(JSON.stringify(lines.logged)).not.toContain(path.slice(path.lastIndexOf("/") + 1, -2));
  });
});

describe("the page of one's mail", () => {
  const all = [
    ...["coming", "reminder", "live", "change", "replay", "access", "new_stream"].map((kind) => [
      "kinds",
      kind,
    ]),
  ] as [string, string][];

  /** As the page that they opened now has it. */
  const versionFor = async (cookie?: string): Promise<[string, string]> => {
    const { html } = await visit("/account/mail", cookie);
    const [, version = ""] = /name="version" value="([^"]*)"/.exec(html) ?? [];
    return ["version", version];
  };

  it("shows what somebody gets, takes what they choose, and hands it back", async () => {
    const person = await insertUser(web.db);
    const cookie = await cookieOf(person);
    expect((await visit("/account/mail", cookie)).words).toContain("Reminders");
    const { status, location } = await post("/account/mail", cookie, [
      await versionFor(cookie),
      ["get", "yes"],
      ...all.filter(([, kind]) => kind !== "replay"),
      ["reminders", "own"],
      ["minutes", "60"],
      ["minutes", "10"],
      ["newStreams", "each"],
    ]);
    expect([status, location]).toEqual([303, "/account/mail?saved"]);
    expect(await choicesOf(person.id)).toEqual({
      ...{
        reminderMinutes: [60, 10],
        live: true,
        newStreams: "each",
        stopped: ["replay"],
        allStopped: false,
      },
    });
    expect((await visit("/account/mail?saved", cookie)).words).toContain("Saved.");
  });

  it("brings back mail that was stopped, for who is signed in", async () => {
    const person = await insertUser(web.db);
    await oneClick(stopOf(person.id));
    await post(stopOf(person.id), undefined, { what: "all" });
    const cookie = await cookieOf(person);
    await post("/account/mail", cookie, [await versionFor(cookie), ...usualForm]);
    expect(await choicesOf(person.id)).toMatchObject({ stopped: [], allStopped: false, live: true });
  });

  const usualForm: [string, string][] = [
    ...([["get", "yes"], ...all, ["reminders", "host"]] as [string, string][]),
    ["newStreams", "daily"],
  ];

  it.each<[string, (person: { id: string; email: string }) => Promise<unknown>, string]>([
    ["one kind", ({ id }) => oneClick(stopOf(id, "replay")), "Replays: stopped"],
    [
      "everything",
      ({ id }) => post(stopOf(id), undefined, { what: "all" }),
      "Mail about streams: none at all",
    ],
    [
      "everything by a complaint",
      ({ email }) =>
        takeMailEvents(web.db, [
          { kind: "complaint", address: email, permanent: true, code: "", messageId: "" },
        ]),
      "Mail about streams: none at all",
    ],
  ])(
    "that was open when a mail stopped %s does not bring it back, until it is saved once more",
    async (_, stop, words) => {
      const person = await insertUser(web.db);
      const cookie = await cookieOf(person);
      // Once for somebody who never chose, once over what was chosen.
      for (const news of ["daily", "each"]) {
        const form = usualForm.map(([name, value]): [string, string] => [
          name,
          name === "newStreams" ? news : value,
        ]);
        const opened = await versionFor(cookie);
        await stop(person);
        const stopped = await everything(web.db);
        const answer = await post("/account/mail", cookie, [opened, ...form]);
        expect(answer.status).toBe(409);
        expect(answer.words).toContain("changed while you had the page open");
        expect(answer.words).toContain(words);
        expect(answer.html).toMatch(/value="yes"[^>]*checked|checked[^>]*value="yes"/);
        expect(answer.html).toMatch(/value="replay"[^>]*checked|checked[^>]*value="replay"/);
        expect(await everything(web.db)).toBe(stopped);
        const [, version = ""] = /name="version" value="([^"]*)"/.exec(answer.html) ?? [];
        expect((await post("/account/mail", cookie, [["version", version], ...form])).status).toBe(303);
        expect(await choicesOf(person.id)).toMatchObject({
          ...{ stopped: [], allStopped: false, newStreams: news },
        });
      }
    },
  );

  it("is saved by two presses as by one, and by a page that said nothing of what it was opened over not at all", async () => {
    const person = await insertUser(web.db);
    const cookie = await cookieOf(person);
    const form = [await versionFor(cookie), ...usualForm];
    const both = await Promise.all([
      post("/account/mail", cookie, form),
      post("/account/mail", cookie, form),
    ]);
    expect(both.map(({ status }) => status)).toEqual([303, 303]);
    const other = usualForm.filter(([, value]) => value !== "replay");
    expect((await post("/account/mail", cookie, other)).status).toBe(409);
    expect(await choicesOf(person.id)).toMatchObject({ stopped: [] });
  });

  it("is not made old by a letter that goes out", async () => {
    const person = await insertUser(web.db);
    const cookie = await cookieOf(person);
    const opened = await versionFor(cookie);
    await takeDay(web.db, [{ personId: person.id, dayBegan: new Date(), claims: [] }]);
    const { new_streams_at: written } = await web.db
      .selectFrom("mail_choices")
      .select("new_streams_at")
      .where("person_id", "=", person.id)
      .executeTakeFirstOrThrow();
    expect(written).not.toBeNull();
    expect((await post("/account/mail", cookie, [opened, ...usualForm])).status).toBe(303);
  });

  it.each([
    ["times of one's own without any", [["reminders", "own"]], "Choose at least one time"],
    [
      "a time that there is not",
      [
        ["reminders", "own"],
        ["minutes", "7"],
      ],
      "not one of the choices",
    ],
    [
      "a kind that there is not",
      [
        ["reminders", "host"],
        ["kinds", "spam"],
      ],
      "not one of the choices",
    ],
  ] as [string, [string, string][], string][])(
    "refuses %s in words, and keeps the rest",
    async (_, more, words) => {
      const person = await insertUser(web.db);
      const cookie = await cookieOf(person);
      const before = await everything(web.db);
      const form: [string, string][] = [
        ["get", "yes"],
        ["newStreams", "each"],
        ["kinds", "reminder"],
        ...more,
      ];
      const answer = await post("/account/mail", cookie, form);
      expect(answer.status).toBe(400);
      expect(answer.words).toContain(words);
      expect(answer.html).toMatch(/value="each"[^>]*checked|checked[^>]*value="each"/);
      expect(await everything(web.db)).toBe(before);
    },
  );
});

describe("a stream's mail", () => {
  it("shows its team what is due, what was sent, what came back, and what was left out and why", async () => {
    const { db, services } = web;
    const { people, experience } = await insertPeople(db, { status: "scheduled" });
    const stream = await insertStream(db, {
      experienceId: experience.id,
      createdBy: people.owner.id,
      startsAt: inFuture("3 days"),
    });
    for (const person of [people.viewer!, people.ended!, people.banned!])
      await come(db, stream.id, person.id);
    await makeDue(db, stream.id, "reminder", 1440);
    await deliver(services);
    await sql`
      update mails set outcome = 'bounced', reason = '550 5.1.1' where person_id = ${people.viewer!.id}`.execute(
      db,
    );
    const cookie = await cookieOf(people.moderator);
    const { words, html } = await visit(`/account/streams/${stream.id}/mail`, cookie);
    expect(words).toContain("Reminder, a day before");
    expect(words).toContain("Reminder, 10 minutes before");
    expect(words).toContain("Their access has ended, or was paid back.");
    expect(words).toContain("They are banned.");
    // Nobody asked for these.
    expect(words).not.toContain("a week before");
    expect(html).not.toContain("Save the times");
  });

  describe("of whom mail came back", () => {
    async function insertBounced() {
      const { db } = web;
      const { people, experience } = await insertPeople(db, { status: "scheduled" });
      const stream = await insertStream(db, { experienceId: experience.id, createdBy: people.owner.id });
      // The viewer holds a pass of the space, the stranger never did.
      const [holder, stranger] = [people.viewer!, people.stranger!];
      await sql`update users set name = 'Ada of the ' || case when id = ${holder.id} then 'seats' else 'street' end
        where id in (${holder.id}, ${stranger.id})`.execute(db);
      const [mailingId] = await makeDue(db, stream.id, "reminder", 10);
      for (const { id } of [holder, stranger])
        await sql`
          insert into mails (mailing_id, person_id, outcome, reason, settled_at)
          values (${mailingId}, ${id}, 'bounced', '550 5.1.1', now())`.execute(db);
      return { people, holder, stranger, path: `/account/streams/${stream.id}/mail` };
    }

    it.each(["host", "owner"] as const)(
      "tells a %s the names, and the addresses of who holds or held a pass of the space",
      async (role) => {
        const { people, holder, stranger, path } = await insertBounced();
        const { words, html } = await visit(path, await cookieOf(people[role]));
        for (const told of [holder.email, "Ada of the seats", "Ada of the street", "550 5.1.1"])
          expect(words).toContain(told);
        expect(html).not.toContain(stranger.email);
      },
    );

    it("tells a moderator how many they are, and nothing of who", async () => {
      const { people, holder, stranger, path } = await insertBounced();
      const { words, html, status } = await visit(path, await cookieOf(people.moderator));
      expect(status).toBe(200);
      expect(words).toMatch(/Reminder, 10 minutes before.*\b2\b/);
      for (const secret of [holder.email, stranger.email, "Ada of", holder.id, stranger.id, "550 5.1.1"])
        expect(html).not.toContain(secret);
    });

    it.each([
      ["nobody", 302],
      ["stranger", 404],
      ["ended", 404],
      ["banned", 404],
      ["viewer", 404],
      ["otherOwner", 404],
    ] as const)("tells %s nothing: %i", async (who, status) => {
      const { people, holder, path } = await insertBounced();
      const person = people[who];
      const answer = await visit(path, person ? await cookieOf(person) : undefined);
      expect(answer.status).toBe(status);
      if (who !== "viewer") expect(answer.html).not.toContain(holder.email);
    });
  });

  it("says how far it is while it goes out", async () => {
    const { db } = web;
    const { people, experience } = await insertPeople(db, { status: "scheduled" });
    const stream = await insertStream(db, { experienceId: experience.id, createdBy: people.owner.id });
    const [mailingId] = await makeDue(db, stream.id, "reminder", 10);
    await sql`update mailings set spread_at = now() where id = ${mailingId}`.execute(db);
    for (const person of [people.viewer!, people.stranger!])
      await db
        .insertInto("mails")
        .values({ mailing_id: mailingId!, person_id: person.id, next_at: inFuture("1 minute") })
        .execute();
    await sql`
      update mails set outcome = 'sent', next_at = null, settled_at = now() where person_id = ${people.viewer!.id}
    `.execute(db);
    const { words, html } = await visit(`/account/streams/${stream.id}/mail`, await cookieOf(people.host));
    expect(words).toContain("1 of 2");
    expect(html).toContain("<progress");
    expect(html).toContain('http-equiv="refresh"');
  });

  it("lets its hosts choose when people are reminded", async () => {
    const { db } = web;
    const { people, experience } = await insertPeople(db, { status: "scheduled" });
    const stream = await insertStream(db, {
      experienceId: experience.id,
      createdBy: people.owner.id,
      startsAt: inFuture("3 days"),
    });
    const path = `/account/streams/${stream.id}/mail`;
    const cookie = await cookieOf(people.host);
    const saved = await post(path, cookie, [
      ["minutes", "180"],
      ["minutes", "10"],
    ]);
    expect(saved.location).toBe(`${path}?saved`);
    await planMailings(db);
    expect((await visit(path, cookie)).words).toContain("Reminder, 3 hours before");
    expect((await post(path, cookie, [["minutes", "11"]])).status).toBe(400);
    await come(db, stream.id, people.viewer!.id);
    await makeDue(db, stream.id, "reminder");
    await deliver(web.services);
    expect(await fatesOf(db, stream.id, people.viewer!.id)).toEqual([
      "reminder 180: sent",
      "reminder 10: sent",
    ]);
  });
});
