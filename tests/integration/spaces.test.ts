import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  insertExperience as makeExperience,
  listExperiencesForHost,
  retireExperience,
} from "#app/domain/experiences/experiences.ts";
import { findProfile, saveProfile } from "#app/domain/spaces/profiles.ts";
import { listExplored } from "#app/domain/spaces/programme.ts";
import {
  findMovedSpace,
  retireSpace,
  startSpace,
  suggestSlug,
  updateSpace,
} from "#app/domain/spaces/spaces.ts";
import {
  insertExperience,
  insertMember,
  insertPass,
  insertPeople,
  insertSpace,
  insertStream,
  insertUser,
  unique,
} from "#tests/factories.ts";
import { hear } from "./notices.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const spacesAt = (slug: string) =>
  test.db.selectFrom("spaces").select(["id", "created_by"]).where("slug", "=", slug).execute();

describe("starting a space", () => {
  it("makes its creator the owner", async () => {
    const { db } = test;
    const user = await insertUser(db);
    const slug = unique("northlight");
    const started = await startSpace(db, { userId: user.id, name: "Northlight", slug });
    if (!started.ok) throw new Error(started.reason);
    const members = await db
      .selectFrom("space_members")
      .select(["user_id", "role"])
      .where("space_id", "=", started.spaceId)
      .execute();
    expect(members).toEqual([{ user_id: user.id, role: "owner" }]);
  });

  it("pressed twice at once is one space", async () => {
    const { db } = test;
    const user = await insertUser(db);
    const slug = unique("twice");
    const both = await Promise.all(
      [1, 2].map(() => startSpace(db, { userId: user.id, name: "Twice", slug })),
    );
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    expect(await spacesAt(slug)).toHaveLength(1);
    const members = await db
      .selectFrom("space_members")
      .select("role")
      .where("user_id", "=", user.id)
      .execute();
    expect(members).toEqual([{ role: "owner" }]);
  });

  it("of two people at once one gets the address, and the other one reads which is free", async () => {
    const { db } = test;
    const [one, two] = [await insertUser(db), await insertUser(db)];
    const slug = unique("race");
    const both = await Promise.all(
      [one, two].map((user) => startSpace(db, { userId: user.id, name: "Race", slug })),
    );
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(both.find(({ ok }) => !ok)).toEqual({ ok: false, reason: "taken", slug, free: `${slug}-2` });
    expect(await spacesAt(slug)).toHaveLength(1);
  });

  it("refuses a word that is ours, and changes nothing", async () => {
    const { db } = test;
    const user = await insertUser(db);
    const refused = await startSpace(db, { userId: user.id, name: "Account", slug: "account" });
    expect(refused).toEqual({ ok: false, reason: "reserved", slug: "account", free: "account-2" });
    expect(await spacesAt("account")).toEqual([]);
  });

  it("suggests an address that is free, and none for a name that gives none", async () => {
    const { db } = test;
    const user = await insertUser(db);
    const name = unique("Über Straße");
    const slug = await suggestSlug(db, name);
    expect(slug).toMatch(/^uber-strasse-[0-9a-f]+$/);
    await startSpace(db, { userId: user.id, name, slug: slug! });
    expect(await suggestSlug(db, name)).toBe(`${slug}-2`);
    expect(await suggestSlug(db, "日本語")).toBeUndefined();
    expect(await suggestSlug(db, "Explore")).toBe("explore-2");
  });
});

describe("moving a space", () => {
  it("leads on from its old address, which nobody else can take, and it can go back", async () => {
    const { db } = test;
    const [owner, other] = [await insertUser(db), await insertUser(db)];
    const space = await insertSpace(db, { ownerId: owner.id });
    const to = unique("moved");
    const change = { spaceId: space.id, name: "A space", description: "" };
    expect(await updateSpace(db, { ...change, slug: to })).toEqual({ ok: true, slug: to });
    expect(await findMovedSpace(db, space.slug)).toBe(to);
    expect(await startSpace(db, { userId: other.id, name: "Mine", slug: space.slug })).toMatchObject({
      ok: false,
      reason: "taken",
    });
    expect(await updateSpace(db, { ...change, slug: space.slug })).toMatchObject({ ok: true });
    expect(await findMovedSpace(db, to)).toBe(space.slug);
    expect(await findMovedSpace(db, space.slug)).toBeUndefined();
  });

  it("into an address that somebody takes in the same moment: one of them has it", async () => {
    const { db } = test;
    const [owner, other] = [await insertUser(db), await insertUser(db)];
    const space = await insertSpace(db, { ownerId: owner.id });
    const wanted = unique("wanted");
    const [moved, started] = await Promise.all([
      updateSpace(db, { spaceId: space.id, name: "A space", description: "", slug: wanted }),
      startSpace(db, { userId: other.id, name: "Other", slug: wanted }),
    ]);
    expect([moved.ok, started.ok].filter(Boolean)).toHaveLength(1);
    expect(await spacesAt(wanted)).toHaveLength(1);
    expect(await spacesAt(space.slug)).toHaveLength(moved.ok ? 0 : 1);
  });

  it("out of an address that somebody takes in the same moment leaves it taken", async () => {
    const { db } = test;
    const [owner, other] = [await insertUser(db), await insertUser(db)];
    const space = await insertSpace(db, { ownerId: owner.id });
    const [moved, started] = await Promise.all([
      updateSpace(db, { spaceId: space.id, name: "A space", description: "", slug: unique("away") }),
      startSpace(db, { userId: other.id, name: "Other", slug: space.slug }),
    ]);
    expect([moved.ok, started.ok]).toEqual([true, false]);
  });

  it.each(["account", "rtc-fans"])("refuses %s", async (slug) => {
    const { db } = test;
    const space = await insertSpace(db, { ownerId: (await insertUser(db)).id });
    const refused = await updateSpace(db, { spaceId: space.id, name: "A", description: "", slug });
    expect(refused).toMatchObject({ ok: false, reason: "reserved" });
    expect(await spacesAt(space.slug)).toHaveLength(1);
  });
});

describe("closing", () => {
  const statusOf = async (id: string) =>
    (await test.db.selectFrom("streams").select("status").where("id", "=", id).executeTakeFirstOrThrow())
      .status;

  it.each(["space", "experience"] as const)(
    "a %s cancels what is scheduled, once, also twice at once",
    async (what) => {
      const { db } = test;
      const { space, experience, stream } = await insertPeople(db, { status: "scheduled" });
      const close = () =>
        what === "space"
          ? retireSpace(db, test.services.queue, { spaceId: space.id })
          : retireExperience(db, test.services.queue, { spaceId: space.id, experienceId: experience.id });
      const both = await Promise.all([close(), close()]);
      expect(both.map(({ ok }) => ok).sort()).toEqual([false, true]);
      expect(both.find(({ ok }) => !ok)).toEqual({ ok: false, reason: "gone" });
      expect(await statusOf(stream.id)).toBe("cancelled");
    },
  );

  it.each(["live", "rehearsal"] as const)(
    "is refused while a stream is %s, and changes nothing",
    async (status) => {
      const { db } = test;
      const { space, experience, stream, people } = await insertPeople(db, { status });
      const waiting = await insertStream(db, { experienceId: experience.id, createdBy: people.owner.id });
      const busy = { ok: false, reason: "busy", title: "A stream" };
      expect(
        await retireExperience(db, test.services.queue, { spaceId: space.id, experienceId: experience.id }),
      ).toEqual(busy);
      expect(await retireSpace(db, test.services.queue, { spaceId: space.id })).toEqual(busy);
      expect([await statusOf(stream.id), await statusOf(waiting.id)]).toEqual([status, "scheduled"]);
      const rows = await db
        .selectFrom("experiences as e")
        .innerJoin("spaces as s", "s.id", "e.space_id")
        .select(["e.retired_at as experience", "s.retired_at as space"])
        .where("e.id", "=", experience.id)
        .execute();
      expect(rows).toEqual([{ experience: null, space: null }]);
    },
  );

  it("an experience of another space is not there", async () => {
    const { db } = test;
    const [mine, theirs] = [await insertPeople(db), await insertPeople(db, { status: "scheduled" })];
    const foreign = { spaceId: mine.space.id, experienceId: theirs.experience.id };
    expect(await retireExperience(db, test.services.queue, foreign)).toEqual({ ok: false, reason: "gone" });
    expect(await statusOf(theirs.stream.id)).toBe("scheduled");
  });

  it("tells open pages of its streams, with the change and not without it", async () => {
    const { db } = test;
    const { space, experience, stream } = await insertPeople(db, { status: "ended" });
    const heard = await hear(test.services.config.databaseUrl, () =>
      retireExperience(db, test.services.queue, { spaceId: space.id, experienceId: experience.id }),
    );
    expect(heard).toContainEqual({ kind: "access", streamId: stream.id });
  });
});

describe("experiences", () => {
  it("of the same name get addresses of their own, also at once, and none is a word of ours", async () => {
    const { db } = test;
    const space = await insertSpace(db, { ownerId: (await insertUser(db)).id });
    const make = (name: string) => makeExperience(db, { spaceId: space.id, name, description: "" });
    const made = await Promise.all([
      make("Critiques"),
      make("Critiques"),
      make("Passes"),
      make("日本語"),
      make("🎥"),
    ]);
    expect(made.map((row) => row?.slug).sort()).toEqual([
      "critiques",
      "critiques-2",
      "experience",
      "experience-2",
      "passes-2",
    ]);
  });

  it("are listed for a host of the space, with what opens them, and for nobody else", async () => {
    const { db } = test;
    const { space, experience, pass, people } = await insertPeople(db);
    const retired = await insertExperience(db, { spaceId: space.id });
    await db
      .updateTable("experiences")
      .set({ retired_at: sql`now()` })
      .where("id", "=", retired.id)
      .execute();
    const list = (userId: string) => listExperiencesForHost(db, { userId, spaceId: space.id });
    const expected = [
      { id: experience.id, name: experience.name, slug: experience.slug, passNames: [pass.name] },
    ];
    expect(await list(people.host.id)).toEqual(expected);
    expect(await list(people.owner.id)).toEqual(expected);
    for (const person of [people.moderator, people.viewer, people.otherOwner, people.stranger])
      expect(await list(person.id)).toEqual([]);
  });
});

describe("profiles", () => {
  it("a user name belongs to one person, also when two take it at once", async () => {
    const { db } = test;
    const users = [await insertUser(db), await insertUser(db)];
    const username = unique("mara");
    const both = await Promise.all(
      users.map(({ id }) => saveProfile(db, { userId: id, username, bio: "Hello" })),
    );
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    expect(both.filter(({ ok }) => !ok)).toEqual([{ ok: false, reason: "taken" }]);
  });

  it("shows the spaces that somebody hosts, not those where they keep order or that are closed", async () => {
    const { db } = test;
    const [creator, owner] = [await insertUser(db, { name: "Mara" }), await insertUser(db)];
    const [hosted, moderated, closed] = await Promise.all(
      [1, 2, 3].map(() => insertSpace(db, { ownerId: owner.id })),
    );
    if (!hosted || !moderated || !closed) throw new Error("spaces are missing");
    await insertMember(db, { spaceId: hosted.id, userId: creator.id, role: "host" });
    await insertMember(db, { spaceId: moderated.id, userId: creator.id, role: "moderator" });
    await insertMember(db, { spaceId: closed.id, userId: creator.id, role: "host" });
    await db
      .updateTable("spaces")
      .set({ retired_at: sql`now()` })
      .where("id", "=", closed.id)
      .execute();
    const username = unique("creator");
    await saveProfile(db, { userId: creator.id, username, bio: "" });
    expect((await findProfile(db, username))?.spaces.map(({ slug }) => slug)).toEqual([hosted.slug]);
  });
});

it("what is on lists spaces that are live first, then by what begins soonest, and no others", async () => {
  const own = await openTestServices();
  const { db } = own;
  try {
    const make = async (minutes: number | null, status: "scheduled" | "live" | "cancelled" = "scheduled") => {
      const owner = await insertUser(db);
      const space = await insertSpace(db, { ownerId: owner.id });
      const experience = await insertExperience(db, { spaceId: space.id });
      await insertPass(db, { spaceId: space.id, experienceIds: [experience.id] });
      const startsAt = sql<Date>`now() + make_interval(mins => ${minutes ?? 0})`;
      if (minutes !== null)
        await insertStream(db, { experienceId: experience.id, createdBy: owner.id, startsAt, status });
      return space.slug;
    };
    const [later, soon, live, empty, cancelled] = [
      await make(500),
      await make(5),
      await make(-30, "live"),
      await make(null),
      await make(5, "cancelled"),
    ];
    const listed = await listExplored(db, { limit: 10 });
    expect(listed.map(({ slug }) => slug)).toEqual([live, soon, later]);
    expect(listed.map(({ live: count }) => count)).toEqual([1, 0, 0]);
    expect([empty, cancelled]).not.toContain(listed[0]?.slug);
  } finally {
    await own.close();
  }
});
