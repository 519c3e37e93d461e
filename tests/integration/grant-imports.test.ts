import { type Kysely, sql, type Transaction } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { confirmImport, deleteImport, resumeImports } from "#app/domain/grant-imports/confirm.ts";
import { findImport, listImports, listLines } from "#app/domain/grant-imports/lists.ts";
import { admitFile, makeImport, mostLines } from "#app/domain/grant-imports/make.ts";
import { runImport } from "#app/domain/grant-imports/run.ts";
import { expireOf } from "#app/domain/grants/insert.ts";
import { countLettersLeft } from "#app/domain/grants/letters-left.ts";
import { giveGrant } from "#app/domain/grants/gifts.ts";
import { retirePass } from "#app/domain/passes/passes.ts";
import { joinWait } from "#app/domain/passes/waits.ts";
import { deleteOld } from "#app/domain/retention/retention.ts";
import type { Database } from "#db/client.ts";
import {
  ago,
  insertGrant,
  insertImport,
  insertMachines,
  insertPass,
  insertPeople,
  insertUser,
  unique,
} from "#tests/factories.ts";
import { grantImport } from "#worker/handlers/grant-import.ts";
import { everything } from "./everything.ts";
import { hear as hearAt } from "./notices.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());
// Whatever a test did to a list, its row says how many of its lines are in which state.
afterEach(async () => {
  const { rows } = await sql`
    select i.id from access_grant_imports i
    left join lateral (
      select array[
        count(*) filter (where state = 'wanted'), count(*) filter (where state = 'added'),
        count(*) filter (where state = 'held'), count(*) filter (where state = 'repeated'),
        count(*) filter (where state = 'refused')
      ] as counts
      from access_grant_import_lines where access_grant_import_id = i.id
    ) lines on true
    where i.status <> 'reading' and lines.counts
      <> array[i.wanted_lines, i.added_lines, i.held_lines, i.repeated_lines, i.refused_lines]::bigint[]
  `.execute(test.db);
  expect(rows).toEqual([]);
});

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const addresses = (many: number) => Array.from({ length: many }, () => `${unique("new")}@example.com`);
const listOf = (emails: string[]) => `email\n${emails.join("\n")}\n`;

/** A pass of its own, with what its owner does to lists for it. */
async function insertHouse(stock: number | null = null) {
  const { db } = test;
  const { queue } = test.services;
  const house = await insertPeople(db);
  const spaceId = house.space.id;
  const pass = await insertPass(db, { spaceId, experienceIds: [house.experience.id] });
  await db.updateTable("access_passes").set({ stock }).where("id", "=", pass.id).execute();
  const owner = house.people.owner.id;
  const of = { spaceId, passId: pass.id };
  return {
    ...house,
    pass,
    of,
    read: (text: string) => insertImport(db, { ...of, madeBy: owner, text }),
    make: (bytes: Uint8Array | (() => AsyncIterable<Uint8Array>)) => {
      async function* whole() {
        yield bytes as Uint8Array;
      }
      const open = typeof bytes === "function" ? bytes : whole;
      const made = { ...of, madeBy: owner, fileName: "people.csv", timeZone: "Europe/Berlin" };
      return makeImport(db, { ...made, open });
    },
    confirm: (importId: string) => confirmImport(db, queue, { passId: pass.id, importId, actorId: owner }),
    give: (email: string) => giveGrant(db, queue, { ...of, email, grantedBy: owner }),
  };
}

const run = (importId: string) => grantImport(test.services, { importId });
const countsOf = async (passId: string, importId: string) =>
  (await findImport(test.db, { passId, importId }))!.counts;
const statusOf = async (passId: string, importId: string) =>
  (await findImport(test.db, { passId, importId }))!.status;

/** Each line as its number, its state and its sentence. */
async function linesOf(importId: string): Promise<string[]> {
  const states = ["wanted", "added", "held", "repeated", "refused"] as const;
  const lines = await listLines(test.db, { importId, states, limit: 100 });
  return lines.map(({ number, state, problem, otherNumber }) =>
    [number, state, problem ?? otherNumber].filter((part) => part !== null).join(" "),
  );
}

const holders = async (passId: string) =>
  (
    await test.db
      .selectFrom("access_grants as g")
      .innerJoin("users as u", "u.id", "g.user_id")
      .select("u.email")
      .where("g.access_pass_id", "=", passId)
      .where("g.status", "=", "active")
      .orderBy("u.email")
      .execute()
  ).map(({ email }) => email);

const jobs = async (name: string, key: string, id: string) =>
  (await sql`select from pgboss.job where name = ${name} and data ->> ${key} = ${id}`.execute(test.db)).rows
    .length;

const lettersFor = async (passId: string) =>
  (
    await sql`
      select from pgboss.job j join access_grants g on g.id = (j.data ->> 'grantId')::uuid
      where j.name = 'grant.mail' and g.access_pass_id = ${passId}
    `.execute(test.db)
  ).rows.length;

describe("a file that was read", () => {
  it("says of each line what it is, and gives nothing to anybody", async () => {
    const { pass, people, read, of } = await insertHouse();
    await insertGrant(test.db, { passId: pass.id, userId: people.viewer.id });
    const [ranOut, off] = [await insertUser(test.db), await insertUser(test.db)];
    await insertGrant(test.db, {
      passId: pass.id,
      userId: ranOut.id,
      startsAt: ago("2 days"),
      endsAt: ago("1 day"),
    });
    await test.db
      .updateTable("users")
      .set({ disabled_at: sql`now()` })
      .where("id", "=", off.id)
      .execute();
    const [one] = addresses(1);
    const before = await holders(pass.id);
    const importId = await read(
      [
        "email,until,name",
        `${one},,New`,
        `${one!.toUpperCase()},,The same`,
        `${one},${inDays(30)},The same with another end`,
        `${one},${inDays(30)},And again`,
        `${people.viewer.email},,Holds it`,
        `${ranOut.email},${inDays(30)},Held it`,
        `${off.email},,Off`,
        "nobody,,No address",
        `${unique("late")}@example.com,2020-01-01,Past`,
        "",
      ].join("\n"),
    );
    expect(await linesOf(importId)).toEqual([
      "2 wanted",
      "3 repeated 2",
      "4 refused The same person as in line 2, with another end.",
      "5 refused The same person as in line 2, with another end.",
      "6 held",
      "7 wanted",
      "8 refused The account with this address is switched off.",
      "9 refused This is not a mail address. It looks like name@example.com.",
      "10 refused This moment is past. Choose a later one.",
    ]);
    expect(await findImport(test.db, { passId: pass.id, importId })).toMatchObject({
      status: "ready",
      ignoredColumns: ["name"],
      separator: ",",
      encoding: "utf-8",
      counts: { wanted: 2, added: 0, held: 1, repeated: 1, refused: 5 },
    });
    expect(await holders(pass.id)).toEqual(before);
    expect(await jobs("grant.import", "importId", importId)).toBe(0);
    expect(await findImport(test.db, { passId: of.spaceId, importId })).toBeUndefined();
  });

  it("counts the first good line of a person, whatever stood before it", async () => {
    const { read } = await insertHouse();
    const [one] = addresses(1);
    const importId = await read(`email,until\n${one},never\n${one},\n${one},\n`);
    expect((await linesOf(importId)).map((line) => line.split(" ")[1])).toEqual([
      "refused",
      "wanted",
      "repeated",
    ]);
  });

  it.each<[string, Uint8Array, string]>([
    ["an empty file", Buffer.alloc(0), "empty"],
    ["a workbook", Buffer.from("PK\u0003\u0004"), "workbook"],
    ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]), "binary"],
    ["names without an address", Buffer.from("name\nAda\n"), "no_email"],
    ["nobody below the names", Buffer.from("email,name\n\n"), "no_lines"],
    ["a mark that is never closed", Buffer.from('email,name\na@example.com,"x\n'), "unclosed"],
    ["a line of a million fields", Buffer.from(`email\n${",".repeat(1_000_000)}\n`), "endless"],
  ])("%s is refused, and nothing of it is kept", async (_, bytes, reason) => {
    const { make } = await insertHouse();
    const before = await everything(test.db);
    expect(await make(bytes)).toMatchObject({ ok: false, reason });
    expect(await everything(test.db)).toBe(before);
  });

  it("is refused with more lines than a list may have, and nothing of it is kept", async () => {
    const { make } = await insertHouse();
    const before = await everything(test.db);
    async function* open() {
      yield Buffer.from("email\n");
      for (let at = 0; at <= mostLines; at += 1000) yield Buffer.from("x\n".repeat(1000));
    }
    expect(await make(open)).toEqual({ ok: false, reason: "too_many_lines" });
    expect(await everything(test.db)).toBe(before);
  });

  it("is gone when it breaks off in the middle", async () => {
    const { make } = await insertHouse();
    const before = await everything(test.db);
    let opened = 0;
    async function* open() {
      opened += 1;
      yield Buffer.from(listOf(addresses(700)));
      if (opened === 4) throw new Error("the disk is gone");
    }
    await expect(make(open)).rejects.toThrow("the disk is gone");
    expect(await everything(test.db)).toBe(before);
  });

  it("is refused for a pass that is retired, past its last day, or of another space", async () => {
    const [gone, over, other] = [await insertHouse(), await insertHouse(), await insertHouse()];
    await retirePass(test.db, gone.of);
    await test.db
      .updateTable("access_passes")
      .set({ term: "until", term_until: ago("1 hour") })
      .where("id", "=", over.pass.id)
      .execute();
    const bytes = Buffer.from(listOf(addresses(1)));
    expect(await gone.make(bytes)).toEqual({ ok: false, reason: "gone" });
    expect(await over.make(bytes)).toEqual({ ok: false, reason: "over" });
    async function* open() {
      yield bytes;
    }
    const foreign = { spaceId: gone.of.spaceId, passId: other.pass.id, madeBy: gone.people.owner.id };
    const made = await makeImport(test.db, { ...foreign, fileName: "", timeZone: "UTC", open });
    expect(made).toEqual({ ok: false, reason: "gone" });
    for (const { pass } of [gone, over, other])
      expect(await listImports(test.db, { passId: pass.id, limit: 5 })).toEqual([]);
  });

  it("is not received after sixty of a space in a day, however many come at once, nor for a pass that takes none", async () => {
    const [house, other] = [await insertHouse(), await insertHouse()];
    const asked = await Promise.all(Array.from({ length: 64 }, () => admitFile(test.db, house.of)));
    expect(asked.filter(({ ok }) => ok)).toHaveLength(60);
    expect(asked.filter(({ ok }) => !ok)).toEqual(
      Array.from({ length: 4 }, () => ({ ok: false, reason: "too_many_files" })),
    );
    expect(await admitFile(test.db, other.of)).toEqual({ ok: true });
    const foreign = { spaceId: other.of.spaceId, passId: house.pass.id };
    expect(await admitFile(test.db, foreign)).toEqual({ ok: false, reason: "gone" });
    await retirePass(test.db, other.of);
    expect(await admitFile(test.db, other.of)).toEqual({ ok: false, reason: "gone" });
  });
});

describe("an import that was confirmed", () => {
  it("gives the pass to everybody on it, as a gift does, with a history, a letter and a word to programs", async () => {
    const { pass, people, read, confirm, of } = await insertHouse();
    await insertMachines(test.db, { spaceId: of.spaceId, actorId: people.owner.id });
    const [one, two] = addresses(2);
    const importId = await read(
      `email,until\n${one},\n${two},2030-01-31\n${people.stranger.email},\nnobody,\n`,
    );
    expect(await confirm(importId)).toBe(true);
    expect(await statusOf(pass.id, importId)).toBe("importing");
    const heard = await hearAt(test.services.config.databaseUrl, () => run(importId));
    expect(heard).toContainEqual({ kind: "person", userId: people.stranger.id });
    expect(await holders(pass.id)).toEqual([one, two, people.stranger.email].sort());
    const grants = await test.db
      .selectFrom("access_grants as g")
      .innerJoin("users as u", "u.id", "g.user_id")
      .innerJoin("access_grant_events as e", "e.access_grant_id", "g.id")
      .select([
        "u.email",
        "g.source",
        "g.granted_by",
        "g.ends_at",
        "g.letter_left_out",
        "e.kind",
        "e.actor_id",
      ])
      .where("g.access_pass_id", "=", pass.id)
      .execute();
    expect(grants).toHaveLength(3);
    for (const grant of grants)
      expect(grant).toMatchObject({
        source: "given",
        kind: "given",
        granted_by: people.owner.id,
        actor_id: people.owner.id,
        letter_left_out: false,
        ends_at: grant.email === two ? new Date("2030-01-31T22:59:00Z") : null,
      });
    expect(await lettersFor(pass.id)).toBe(3);
    const { rows: said } = await sql`
      select from webhook_messages where space_id = ${of.spaceId} and type = 'grant.created' and body ->> 'pass_id' = ${pass.id}
    `.execute(test.db);
    expect(said).toHaveLength(3);
    expect(await statusOf(pass.id, importId)).toBe("done");
    expect(await countsOf(pass.id, importId)).toMatchObject({ added: 3, wanted: 0, refused: 1 });
  });

  it("begins once, however often it is confirmed, and is not another pass's", async () => {
    const [house, other] = [await insertHouse(), await insertHouse()];
    const importId = await house.read(listOf(addresses(1)));
    expect(await other.confirm(importId)).toBe(false);
    const confirmed = await Promise.all(Array.from({ length: 8 }, () => house.confirm(importId)));
    expect(confirmed.filter(Boolean)).toHaveLength(1);
    expect(await jobs("grant.import", "importId", importId)).toBe(1);
  });

  it("is not done before it is confirmed", async () => {
    const { read, pass } = await insertHouse();
    const importId = await read(listOf(addresses(2)));
    await run(importId);
    expect(await holders(pass.id)).toEqual([]);
    expect(await statusOf(pass.id, importId)).toBe("ready");
  });

  it("gives each person one, with six jobs at once, in batches and again afterwards", async () => {
    const { pass, read, confirm } = await insertHouse();
    const emails = addresses(120);
    const importId = await read(listOf(emails));
    await confirm(importId);
    const { db } = test;
    const { queue } = test.services;
    const job = () => runImport(db, queue, { importId }, { most: 10, batches: 100 });
    await Promise.all(Array.from({ length: 6 }, job));
    await job();
    expect(await holders(pass.id)).toEqual(emails.sort());
    expect(await countsOf(pass.id, importId)).toMatchObject({ added: 120, held: 0, refused: 0 });
    expect(await lettersFor(pass.id)).toBe(120);
    const { rows } = await sql`
      select from access_grant_events e join access_grants g on g.id = e.access_grant_id
      where g.access_pass_id = ${pass.id}
    `.execute(db);
    expect(rows).toHaveLength(120);
  });

  it("goes on with another job after some batches, and where a job was lost a sweep finds it", async () => {
    const { pass, read, confirm } = await insertHouse();
    const importId = await read(listOf(addresses(30)));
    await confirm(importId);
    await runImport(test.db, test.services.queue, { importId }, { most: 10, batches: 2 });
    expect(await countsOf(pass.id, importId)).toMatchObject({ added: 20, wanted: 10 });
    expect(await jobs("grant.import", "importId", importId)).toBe(2);
    // Its job is lost; for half a minute nobody takes it for dead.
    await sql`delete from pgboss.job where name = 'grant.import'`.execute(test.db);
    await resumeImports(test.db, test.services.queue);
    expect(await jobs("grant.import", "importId", importId)).toBe(0);
    await test.db
      .updateTable("access_grant_imports")
      .set({ moved_at: ago("31 seconds") })
      .where("id", "=", importId)
      .execute();
    const sweeps = Array.from({ length: 4 }, () => resumeImports(test.db, test.services.queue));
    await Promise.all(sweeps);
    expect(await jobs("grant.import", "importId", importId)).toBe(1);
    await run(importId);
    expect(await countsOf(pass.id, importId)).toMatchObject({ added: 30, wanted: 0 });
    expect(await statusOf(pass.id, importId)).toBe("done");
  });

  it("leaves nothing of a batch that fails, and does it again", async () => {
    const { pass, read, confirm } = await insertHouse();
    const emails = addresses(12);
    const importId = await read(listOf(emails));
    await confirm(importId);
    // As when the worker dies in the middle of its second batch.
    await sql`
      create function fail_import() returns trigger language plpgsql as $$
      begin if new.number > 6 then raise exception 'killed'; end if; return new; end $$;
      create trigger fail_import before update on access_grant_import_lines for each row
        when (new.state = 'added') execute function fail_import();
    `.execute(test.db);
    const job = () => runImport(test.db, test.services.queue, { importId }, { most: 5, batches: 10 });
    await expect(job()).rejects.toThrow("killed");
    expect(await holders(pass.id)).toEqual(emails.slice(0, 5).sort());
    expect(await countsOf(pass.id, importId)).toMatchObject({ added: 5, wanted: 7 });
    await sql`drop trigger fail_import on access_grant_import_lines; drop function fail_import`.execute(
      test.db,
    );
    await job();
    expect(await holders(pass.id)).toEqual(emails.sort());
  });

  it("of the same file again finds that everybody holds it", async () => {
    const { pass, read, confirm } = await insertHouse();
    const emails = addresses(5);
    const [first, second] = [await read(listOf(emails)), await read(listOf(emails))];
    for (const importId of [first, second]) await confirm(importId);
    await Promise.all([run(first), run(second)]);
    const [one, two] = [await countsOf(pass.id, first), await countsOf(pass.id, second)];
    expect(one.added + two.added).toBe(5);
    expect(one.held + two.held).toBe(5);
    expect(await holders(pass.id)).toEqual(emails.sort());
    expect(await countsOf(pass.id, await read(listOf(emails)))).toMatchObject({ held: 5, wanted: 0 });
  });

  it("of two passes names the same new people at once, in other orders, and makes each of them once", async () => {
    const [house, other] = [await insertHouse(), await insertHouse()];
    const emails = addresses(60);
    const first = await house.read(listOf(emails));
    const second = await other.read(listOf([...emails].reverse()));
    await house.confirm(first);
    await other.confirm(second);
    await Promise.all([run(first), run(second)]);
    for (const { pass } of [house, other]) expect(await holders(pass.id)).toEqual([...emails].sort());
  });

  it("makes what has run out active no more, and gives a new one", async () => {
    const { pass, people, read, confirm } = await insertHouse();
    const userId = people.stranger.id;
    const old = await insertGrant(test.db, {
      passId: pass.id,
      userId,
      startsAt: ago("2 days"),
      endsAt: ago("1 day"),
    });
    const importId = await read(listOf([people.stranger.email]));
    await confirm(importId);
    await run(importId);
    const grants = await test.db
      .selectFrom("access_grants")
      .select(["id", "status"])
      .where("access_pass_id", "=", pass.id)
      .orderBy("id")
      .execute();
    expect(grants).toMatchObject([{ id: old.id, status: "expired" }, { status: "active" }]);
  });

  it("asks again what was shown: who got it since, whose account is off, what is past", async () => {
    const { pass, read, confirm, give } = await insertHouse();
    const [got, late] = addresses(2);
    const off = await insertUser(test.db);
    const importId = await read(`email,until\n${got},\n${off.email},\n${late},2030-01-31\n`);
    await give(got!);
    await test.db
      .updateTable("users")
      .set({ disabled_at: sql`now()` })
      .where("id", "=", off.id)
      .execute();
    await test.db
      .updateTable("access_grant_import_lines")
      .set({ ends_at: ago("1 minute") })
      .where("access_grant_import_id", "=", importId)
      .where("number", "=", 4)
      .execute();
    await confirm(importId);
    await run(importId);
    expect(await linesOf(importId)).toEqual([
      "2 held",
      "3 refused The account with this address is switched off.",
      "4 refused This moment is past. Choose a later one.",
    ]);
    expect(await holders(pass.id)).toEqual([got]);
    const { rows } = await sql`select from users where email = ${late!}`.execute(test.db);
    expect(rows).toEqual([]);
  });

  it.each(["gone", "over"] as const)(
    "ends when the pass is %s meanwhile, and says so beside each line",
    async (how) => {
      const { pass, read, confirm, of } = await insertHouse();
      const importId = await read(listOf(addresses(3)));
      await confirm(importId);
      await runImport(test.db, test.services.queue, { importId }, { most: 1, batches: 1 });
      if (how === "gone") await retirePass(test.db, of);
      else
        await test.db
          .updateTable("access_passes")
          .set({ term: "until", term_until: ago("1 hour") })
          .where("id", "=", pass.id)
          .execute();
      await run(importId);
      expect(await statusOf(pass.id, importId)).toBe("done");
      expect(await countsOf(pass.id, importId)).toMatchObject({ added: 1, refused: 2, wanted: 0 });
      expect((await linesOf(importId))[2]).toMatch(how === "gone" ? /retired before/ : /last day before/);
    },
  );
});

describe("an import of a pass with so many seats", () => {
  it("gives the free ones to the first lines and says of the others that none was left", async () => {
    const { pass, read, confirm } = await insertHouse(3);
    const emails = addresses(5);
    const importId = await read(listOf(emails));
    await confirm(importId);
    await run(importId);
    expect(await holders(pass.id)).toEqual(emails.slice(0, 3).sort());
    expect(await linesOf(importId)).toEqual([
      "2 added",
      "3 added",
      "4 added",
      ...[5, 6].map(
        (number) => `${number} refused No seat was free: all are held, or people wait for the next.`,
      ),
    ]);
    // Nobody is made who gets nothing.
    const { rows } = await sql`select from users where email = any(${emails})`.execute(test.db);
    expect(rows).toHaveLength(3);
  });

  it("never gives a seat twice, with single gifts at the same moment", async () => {
    const { pass, read, confirm, give } = await insertHouse(10);
    const importId = await read(listOf(addresses(20)));
    await confirm(importId);
    const job = () => runImport(test.db, test.services.queue, { importId }, { most: 3, batches: 20 });
    const given = await Promise.all([job(), job(), ...addresses(10).map(give)]);
    const byOne = given.filter((result) => typeof result === "object" && result.ok).length;
    expect(await holders(pass.id)).toHaveLength(10);
    expect((await countsOf(pass.id, importId)).added).toBe(10 - byOne);
  });

  it("lets nobody overtake who waits, and gives those who wait theirs", async () => {
    const { pass, people, read, confirm } = await insertHouse(1);
    await insertGrant(test.db, { passId: pass.id, userId: people.viewer.id });
    const [first, second, third] = [
      await insertUser(test.db),
      await insertUser(test.db),
      await insertUser(test.db),
    ];
    for (const { id } of [first, second]) await joinWait(test.db, { userId: id, passId: pass.id });
    await test.db.updateTable("access_passes").set({ stock: 2 }).where("id", "=", pass.id).execute();
    const early = await read(listOf([third.email, second.email]));
    await confirm(early);
    await run(early);
    expect(await countsOf(pass.id, early)).toMatchObject({ added: 0, refused: 2 });
    const late = await read(listOf([third.email, first.email]));
    await confirm(late);
    await run(late);
    expect((await linesOf(late)).map((line) => line.split(" ")[1])).toEqual(["refused", "added"]);
    const waits = await test.db
      .selectFrom("access_pass_waits")
      .select(["user_id", "outcome"])
      .where("access_pass_id", "=", pass.id)
      .orderBy("number")
      .execute();
    expect(waits).toEqual([
      { user_id: first.id, outcome: "taken" },
      { user_id: second.id, outcome: null },
    ]);
  });
});

describe("letters about an import", () => {
  it("are at most a thousand a day of a space; the others get the pass without, and single gifts wait a day", async () => {
    const { pass, read, confirm, give, of } = await insertHouse();
    await test.db
      .updateTable("access_grants")
      .set({ created_at: ago("2 days") })
      .where("access_pass_id", "in", (passes) =>
        passes.selectFrom("access_passes").select("id").where("space_id", "=", of.spaceId),
      )
      .execute();
    const importId = await read(listOf(addresses(1003)));
    await confirm(importId);
    await run(importId);
    expect(await countsOf(pass.id, importId)).toMatchObject({ added: 1003 });
    expect(await lettersFor(pass.id)).toBe(1000);
    const { many } = await test.db
      .selectFrom("access_grants")
      .select(sql<number>`count(*)::int`.as("many"))
      .where("access_pass_id", "=", pass.id)
      .where("letter_left_out", "=", true)
      .executeTakeFirstOrThrow();
    expect(many).toBe(3);
    const [late] = addresses(1);
    expect(await give(late!)).toEqual({ ok: false, reason: "too_many" });
    await test.db
      .updateTable("access_grants")
      .set({ created_at: ago("25 hours") })
      .where("access_pass_id", "=", of.passId)
      .where("letter_left_out", "=", false)
      .execute();
    expect(await give(late!)).toMatchObject({ ok: true });
  });
});

describe("letters about many gifts at once", () => {
  it("are a thousand of a space in a day together, from lists for several passes and single gifts alike", async () => {
    const { db, services } = test;
    const house = await insertHouse();
    const { spaceId } = house.of;
    const owner = house.people.owner.id;
    const left = 12;
    await sql`
      with people as (
        insert into users (email)
        select ${unique("had")} || '-' || n || '@example.com' from generate_series(1, 1000) n returning id
      )
      insert into access_grants (access_pass_id, user_id, source) select ${house.pass.id}::uuid, id, 'given' from people
    `.execute(db);
    // Of those, some are so old that they do not count, like the ones that a house begins with.
    const ofSpace = sql`(select id from access_passes where space_id = ${spaceId})`;
    await sql`
      update access_grants set created_at = now() - interval '2 days'
      where id in (select id from access_grants where access_pass_id in ${ofSpace} order by id limit
        (select count(*) - 1000 + ${left}::int from access_grants where access_pass_id in ${ofSpace}))
    `.execute(db);
    expect(await countLettersLeft(db, spaceId)).toBe(left);
    const passes = await Promise.all(
      Array.from({ length: 4 }, () => insertPass(db, { spaceId, experienceIds: [house.experience.id] })),
    );
    const imports = await Promise.all(
      passes.map(({ id: passId }) =>
        insertImport(db, { spaceId, passId, madeBy: owner, text: listOf(addresses(10)) }),
      ),
    );
    for (const [index, importId] of imports.entries()) {
      const passId = passes[index]!.id;
      expect(await confirmImport(db, services.queue, { passId, importId, actorId: owner })).toBe(true);
    }
    const given = await Promise.all([
      ...imports.map((importId) => run(importId)),
      ...addresses(5).map((email) => house.give(email)),
    ]);
    const gifts = given.filter((result) => typeof result === "object" && result.ok).length;
    const letters = await Promise.all([house.pass, ...passes].map(({ id }) => lettersFor(id)));
    expect(letters.reduce((sum, many) => sum + many, 0)).toBe(left);
    expect(await countLettersLeft(db, spaceId)).toBe(0);
    // Nobody went without the pass for it, but who is given one alone and waits a day.
    for (const pass of passes) expect(await holders(pass.id)).toHaveLength(10);
    expect(letters[0]).toBe(gifts);
  });
});

describe("people whose time has run out", () => {
  it("are marked in one order, so that two who do it at once do not lock each other out", async () => {
    const { db, services } = test;
    const { pass } = await insertHouse();
    const userIds = (await Promise.all([insertUser(db), insertUser(db)])).map(({ id }) => id).sort();
    const made = { passId: pass.id, startsAt: ago("2 days"), endsAt: ago("1 day") };
    const [early, late] = [
      await insertGrant(db, { ...made, userId: userIds[1]! }),
      await insertGrant(db, { ...made, userId: userIds[0]! }),
    ];
    // By their people, and in the table and its indexes, too, the late one comes first.
    await db
      .updateTable("access_grants")
      .set({ ends_at: ago("20 hours") })
      .where("id", "=", early.id)
      .execute();
    const lock = (trx: Transaction<Database>, { id }: { id: string }) =>
      trx.selectFrom("access_grants").select("id").where("id", "=", id).forUpdate().noWait().execute();
    let expiring: Promise<void> | undefined;
    await db.transaction().execute(async (trx) => {
      await lock(trx, early);
      expiring = db
        .transaction()
        .execute((other) => expireOf(other, services.queue, { userIds, passId: pass.id }));
      await expect.poll(() => countWaiting(db)).toBe(1);
      // Whoever waits for the first has not taken the second before.
      await lock(trx, late);
    });
    await expiring;
    const grants = db.selectFrom("access_grants").select("status").where("access_pass_id", "=", pass.id);
    expect(await grants.execute()).toEqual([{ status: "expired" }, { status: "expired" }]);
  });
});

/** How many statements wait for somebody else's lock. */
const countWaiting = async (db: Kysely<Database>) =>
  (
    await sql<{ many: number }>`
      select count(*)::int as many from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
    `.execute(db)
  ).rows[0]!.many;

describe("lists that nobody needs any more", () => {
  it("are deleted: unconfirmed after a day, done after a week, and who was added keeps the pass", async () => {
    const { pass, read, confirm } = await insertHouse();
    const [fresh, forgotten, done, old, working] = await Promise.all(
      Array.from({ length: 5 }, () => read(listOf(addresses(2)))),
    );
    for (const importId of [done!, old!]) {
      await confirm(importId);
      await run(importId);
    }
    await confirm(working!);
    const set = (importId: string, values: object) =>
      test.db.updateTable("access_grant_imports").set(values).where("id", "=", importId).execute();
    await set(forgotten!, { made_at: ago("25 hours") });
    await set(done!, { made_at: ago("6 days"), done_at: ago("6 days") });
    await set(old!, { made_at: ago("8 days"), done_at: ago("8 days") });
    await set(working!, { made_at: ago("30 days") });
    await deleteOld(test.db);
    const left = (await listImports(test.db, { passId: pass.id, limit: 10 })).map(({ id }) => id);
    expect(left.sort()).toEqual([fresh, done, working].sort());
    expect(await linesOf(old!)).toEqual([]);
    expect(await holders(pass.id)).toHaveLength(4);
  });

  it("can be deleted at once, but not at work, nor another pass's", async () => {
    const [{ pass, read, confirm }, other] = [await insertHouse(), await insertHouse()];
    const importId = await read(listOf(addresses(2)));
    const remove = (passId: string) => deleteImport(test.db, { passId, importId });
    expect(await remove(other.pass.id)).toBe(false);
    await confirm(importId);
    expect(await remove(pass.id)).toBe(false);
    await run(importId);
    expect(await linesOf(importId)).toHaveLength(2);
    expect(await remove(pass.id)).toBe(true);
    expect(await holders(pass.id)).toHaveLength(2);
    expect(await linesOf(importId)).toEqual([]);
  });
});
