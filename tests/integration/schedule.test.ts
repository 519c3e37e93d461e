import { usualChatHours } from "#app/domain/chat/phase.ts";
import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { retireExperience } from "#app/domain/experiences/experiences.ts";
import type { Plan } from "#app/domain/schedule/plan.ts";
import { goLive } from "#app/domain/streams/broadcast.ts";
import { findStreamByPath, findStreamForHost, streamPath } from "#app/domain/streams/find.ts";
import { countStreams, listStreams } from "#app/domain/streams/lists.ts";
import { cancelStream, findNow, insertStream, updateSchedule } from "#app/domain/streams/schedule.ts";
import { removeMember } from "#app/domain/teams/members.ts";
import {
  insertExperience,
  insertMember,
  insertPeople,
  insertStream as insertRow,
  insertUser,
  signIn,
  unique,
} from "#tests/factories.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices();
});
afterAll(() => test.close());

const plan: Plan = {
  startsAt: new Date("2030-01-01T19:00:00Z"),
  wallTime: "2030-01-01T20:00",
  timeZone: "Europe/Berlin",
  lengthMinutes: 90,
};

async function setStage(status: "scheduled" | "rehearsal" | "live" | "ended" | "cancelled" = "scheduled") {
  const { db, services } = test;
  const set = await insertPeople(db, { status });
  const streamId = set.stream.id;
  const scheduling = {
    userId: set.people.host.id,
    spaceId: set.space.id,
    experienceId: set.experience.id,
    formKey: randomUUID(),
    title: "Critique",
    description: "",
    plan,
    chat: usualChatHours,
  };
  const edit = {
    streamId,
    userId: set.people.host.id,
    version: 1,
    title: "A new title",
    description: "New words",
    plan,
    chat: usualChatHours,
  };
  const row = () => db.selectFrom("streams").selectAll().where("id", "=", streamId).executeTakeFirstOrThrow();
  const streams = () =>
    db
      .selectFrom("streams")
      .select("slug")
      .where("experience_id", "=", set.experience.id)
      .orderBy("slug")
      .execute();
  const jobs = async () =>
    (
      await sql`select 1 from pgboss.job where name = 'stream.close-room' and data ->> 'streamId' = ${streamId}`.execute(
        db,
      )
    ).rows.length;
  return { ...set, db, queue: services.queue, streamId, scheduling, edit, row, streams, jobs };
}

describe("scheduling a stream", () => {
  it("keeps what was said of it: wall time, zone and instant", async () => {
    const { db, scheduling } = await setStage();
    const made = await insertStream(db, { ...scheduling, description: "Two hours" });
    if (!made.ok) throw new Error(made.reason);
    expect(made).toMatchObject({ already: false, stream: { slug: "critique" } });
    const row = await db
      .selectFrom("streams")
      .selectAll()
      .where("id", "=", made.stream.id)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      title: "Critique",
      description: "Two hours",
      status: "scheduled",
      starts_at: plan.startsAt,
      wall_time: "2030-01-01T20:00",
      time_zone: "Europe/Berlin",
      length_minutes: 90,
      schedule_version: 1,
      edit_version: 1,
      created_by: scheduling.userId,
    });
  });

  it("twice with one form, one after the other or at once, makes one stream", async () => {
    const { db, scheduling, streams } = await setStage();
    const first = await insertStream(db, scheduling);
    const second = await insertStream(db, scheduling);
    expect(first).toMatchObject({ ok: true, already: false });
    expect(second).toEqual({ ...first, already: true });
    const another = { ...scheduling, formKey: randomUUID(), title: "At once" };
    const made = await Promise.all(Array.from({ length: 6 }, () => insertStream(db, another)));
    expect(made.filter((one) => one.ok && !one.already)).toHaveLength(1);
    expect(new Set(made.map((one) => one.ok && one.stream.id)).size).toBe(1);
    expect(await streams()).toHaveLength(3);
  });

  it("with a form that made another stream before is refused and says which", async () => {
    const { db, scheduling, streams } = await setStage();
    const first = await insertStream(db, scheduling);
    const again = await insertStream(db, { ...scheduling, title: "Another one" });
    expect(again).toEqual({
      ok: false,
      reason: "form_used",
      stream: { id: first.ok && first.stream.id, title: "Critique" },
    });
    expect(await streams()).toHaveLength(2);
  });

  it("does not find another person's stream by a form key that happens to be the same", async () => {
    const { db, scheduling, people } = await setStage();
    const first = await insertStream(db, scheduling);
    const theirs = await insertStream(db, { ...scheduling, userId: people.owner.id });
    expect(theirs).toMatchObject({ ok: true, already: false });
    expect(theirs.ok && theirs.stream.id).not.toBe(first.ok && first.stream.id);
  });

  it("gives each stream of a title its own address, also at once", async () => {
    const { db, scheduling, streams } = await setStage();
    await Promise.all(
      Array.from({ length: 8 }, () => insertStream(db, { ...scheduling, formKey: randomUUID() })),
    );
    const slugs = (await streams()).map(({ slug }) => slug).filter((slug) => slug.startsWith("critique"));
    expect(slugs.sort()).toEqual(
      ["critique", ...[2, 3, 4, 5, 6, 7, 8].map((number) => `critique-${number}`)].sort(),
    );
  });

  it("numbers addresses in each experience by itself, past a title that ends in a number", async () => {
    const { db, scheduling, space } = await setStage();
    const other = await insertExperience(db, { spaceId: space.id });
    const make = async (title: string, experienceId = scheduling.experienceId) => {
      const made = await insertStream(db, { ...scheduling, formKey: randomUUID(), title, experienceId });
      return made.ok && made.stream.slug;
    };
    expect(await make("Critique 2")).toBe("critique-2");
    expect(await make("Critique")).toBe("critique");
    expect(await make("Critique")).toBe("critique-3");
    expect(await make("Critique", other.id)).toBe("critique");
    expect(await make("Critique 99999999999")).toBe("critique-99999999999");
    expect(await make("Critique")).toBe("critique-4");
  });

  it("is for hosts and owners of the experience's space only", async () => {
    const { db, scheduling, people, streams } = await setStage();
    for (const who of ["stranger", "ended", "banned", "viewer", "moderator", "otherOwner"] as const) {
      expect(
        await insertStream(db, { ...scheduling, formKey: randomUUID(), userId: people[who].id }),
        who,
      ).toEqual({
        ok: false,
        reason: "no_experience",
      });
    }
    expect(await streams()).toHaveLength(1);
    const owner = await insertStream(db, { ...scheduling, userId: people.owner.id });
    expect(owner).toMatchObject({ ok: true });
  });

  it("is not possible in an experience of another space, nor in one that is retired or unknown", async () => {
    const { db, scheduling, space, experience } = await setStage();
    const elsewhere = await setStage();
    const attempts = [
      { experienceId: elsewhere.experience.id },
      { experienceId: elsewhere.experience.id, spaceId: elsewhere.space.id },
      { experienceId: randomUUID() },
    ];
    for (const attempt of attempts) {
      expect(await insertStream(db, { ...scheduling, ...attempt })).toEqual({
        ok: false,
        reason: "no_experience",
      });
    }
    await db
      .updateTable("experiences")
      .set({ retired_at: sql`now()` })
      .where("id", "=", experience.id)
      .execute();
    expect(await insertStream(db, scheduling)).toEqual({ ok: false, reason: "no_experience" });
    await db.updateTable("experiences").set({ retired_at: null }).where("id", "=", experience.id).execute();
    await db
      .updateTable("spaces")
      .set({ retired_at: sql`now()` })
      .where("id", "=", space.id)
      .execute();
    expect(await insertStream(db, scheduling)).toEqual({ ok: false, reason: "no_experience" });
  });
});

describe("scheduling while somebody closes the door", () => {
  it("never leaves a scheduled stream in an experience that was retired at once", async () => {
    for (let round = 0; round < 6; round += 1) {
      const { db, scheduling, space, experience } = await setStage();
      const retired = retireExperience(db, test.services.queue, {
        spaceId: space.id,
        experienceId: experience.id,
      });
      await new Promise((resolve) => setTimeout(resolve, round));
      const made = await insertStream(db, scheduling);
      expect(await retired).toEqual({ ok: true });
      const left = db.selectFrom("streams").select("id").where("experience_id", "=", experience.id);
      expect(await left.where("status", "=", "scheduled").execute()).toEqual([]);
      if (!made.ok) expect(made.reason).toBe("no_experience");
    }
  });

  it("waits for a retirement that is under way, and is refused then", async () => {
    const { db, scheduling, experience, streams } = await setStage();
    let made: Promise<unknown> | undefined;
    await db.transaction().execute(async (trx) => {
      await trx
        .updateTable("experiences")
        .set({ retired_at: sql`now()` })
        .where("id", "=", experience.id)
        .execute();
      made = insertStream(db, scheduling);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(await made).toEqual({ ok: false, reason: "no_experience" });
    expect(await streams()).toHaveLength(1);
  });

  it("waits for a role that is being taken, and is refused then", async () => {
    const { db, scheduling, space, people, streams } = await setStage();
    const [removed, made] = await Promise.all([
      removeMember(db, test.services.queue, {
        spaceId: space.id,
        actorId: people.owner.id,
        userId: people.host.id,
      }),
      new Promise((resolve) => setTimeout(resolve, 2)).then(() => insertStream(db, scheduling)),
    ]);
    expect(removed).toEqual({ ok: true });
    expect(await streams()).toHaveLength(made.ok ? 2 : 1);
    expect(await insertStream(db, { ...scheduling, formKey: randomUUID() })).toEqual({
      ok: false,
      reason: "no_experience",
    });
  });
});

describe("editing a stream", () => {
  it("changes what it says and its start, and raises the schedule's version for another instant alone", async () => {
    const { db, edit, row } = await setStage();
    const address = (await row()).slug;
    expect(await updateSchedule(db, edit)).toEqual({ ok: true, changed: true, rescheduled: true });
    expect(await row()).toMatchObject({
      title: "A new title",
      description: "New words",
      starts_at: plan.startsAt,
      wall_time: plan.wallTime,
      schedule_version: 2,
      edit_version: 2,
      edited_by: edit.userId,
      slug: address,
    });
    expect(await updateSchedule(db, { ...edit, version: 2, title: "Another" })).toMatchObject({
      rescheduled: false,
    });
    const sameInstant = { ...plan, wallTime: "2030-01-01T19:00", timeZone: "UTC" };
    expect(await updateSchedule(db, { ...edit, version: 3, plan: sameInstant })).toEqual({
      ok: true,
      changed: true,
      rescheduled: false,
    });
    expect(await row()).toMatchObject({ schedule_version: 2, edit_version: 4, time_zone: "UTC" });
  });

  it("twice with the same words changes it once", async () => {
    const { db, edit, row } = await setStage();
    await updateSchedule(db, edit);
    expect(await updateSchedule(db, edit)).toEqual({ ok: true, changed: false, rescheduled: false });
    const atOnce = { ...edit, version: 2, title: "At once" };
    const made = await Promise.all(Array.from({ length: 6 }, () => updateSchedule(db, atOnce)));
    expect(made.filter((one) => one.ok && one.changed)).toHaveLength(1);
    expect(made.every((one) => one.ok)).toBe(true);
    expect(await row()).toMatchObject({ edit_version: 3, title: "At once" });
  });

  it("by two people at once keeps the first and tells the second what that was", async () => {
    const { db, edit, people, row } = await setStage();
    await db.updateTable("users").set({ name: "Ines" }).where("id", "=", people.owner.id).execute();
    const made = await Promise.all([
      updateSchedule(db, { ...edit, userId: people.owner.id, title: "Hers" }),
      updateSchedule(db, { ...edit, userId: people.owner.id, title: "Hers too" }),
    ]);
    const lost = made.find((one) => !one.ok);
    const { title } = await row();
    expect(made.filter((one) => one.ok)).toHaveLength(1);
    expect(lost).toMatchObject({
      ok: false,
      reason: "saved_before",
      saved: { title, editVersion: 2, editedBy: "Ines", lengthMinutes: 90 },
    });
    const again = { ...edit, version: 2, title: "With what was saved in mind" };
    expect(await updateSchedule(db, again)).toMatchObject({ ok: true, changed: true });
  });

  it("is possible in rehearsal, and not when it is live, ended or cancelled", async () => {
    const rehearsal = await setStage("rehearsal");
    expect(await updateSchedule(rehearsal.db, rehearsal.edit)).toMatchObject({ ok: true });
    for (const status of ["live", "ended", "cancelled"] as const) {
      const { db, edit, row } = await setStage(status);
      const before = await row();
      expect(await updateSchedule(db, edit)).toEqual({ ok: false, reason: "closed", status });
      expect(await row()).toEqual(before);
    }
  });

  it("is for hosts and owners only", async () => {
    const { db, edit, people, row } = await setStage();
    const before = await row();
    for (const who of ["stranger", "ended", "banned", "viewer", "otherOwner"] as const) {
      expect(await updateSchedule(db, { ...edit, userId: people[who].id }), who).toEqual({
        ok: false,
        reason: "not_found",
      });
    }
    expect(await updateSchedule(db, { ...edit, userId: people.moderator.id })).toEqual({
      ok: false,
      reason: "not_host",
    });
    expect(await updateSchedule(db, { ...edit, streamId: randomUUID() })).toEqual({
      ok: false,
      reason: "not_found",
    });
    expect(await row()).toEqual(before);
  });
});

describe("cancelling a stream", () => {
  it("is one move, also twice and at once, with one job that closes its room", async () => {
    const { db, queue, streamId, people, row, jobs } = await setStage();
    const by = { streamId, userId: people.host.id };
    expect(await cancelStream(db, queue, by)).toEqual({ ok: true, already: false });
    expect(await cancelStream(db, queue, by)).toEqual({ ok: true, already: true });
    expect(await row()).toMatchObject({ status: "cancelled", cancelled_at: expect.any(Date) });
    expect(await jobs()).toBe(1);
    const other = await setStage("rehearsal");
    const made = await Promise.all(
      [other.people.host, other.people.owner, other.people.host, other.people.owner].map(({ id }) =>
        cancelStream(db, queue, { streamId: other.streamId, userId: id }),
      ),
    );
    expect(made.filter((one) => one.ok && !one.already)).toHaveLength(1);
    expect(made.every((one) => one.ok)).toBe(true);
    expect(await other.jobs()).toBe(1);
  });

  it("takes the stage from who was rehearsing", async () => {
    const { db, queue, streamId, people } = await setStage("rehearsal");
    const { sessionId } = await signIn(db, people.host.id);
    const lease = { stream_id: streamId, user_id: people.host.id, session_id: sessionId, tab: unique("tab") };
    await db.insertInto("stream_host_leases").values(lease).execute();
    await cancelStream(db, queue, { streamId, userId: people.owner.id });
    expect(
      await db.selectFrom("stream_host_leases").select("tab").where("stream_id", "=", streamId).execute(),
    ).toEqual([]);
  });

  it("is refused when it is live or has ended, and changes nothing", async () => {
    for (const status of ["live", "ended"] as const) {
      const { db, queue, streamId, people, row, jobs } = await setStage(status);
      const before = await row();
      expect(await cancelStream(db, queue, { streamId, userId: people.host.id })).toEqual({
        ok: false,
        reason: "closed",
        status,
      });
      expect(await row()).toEqual(before);
      expect(await jobs()).toBe(0);
    }
  });

  it("is for hosts and owners only", async () => {
    const { db, queue, streamId, people, row } = await setStage();
    for (const who of ["stranger", "ended", "banned", "viewer", "otherOwner"] as const) {
      expect(await cancelStream(db, queue, { streamId, userId: people[who].id }), who).toEqual({
        ok: false,
        reason: "not_found",
      });
    }
    expect(await cancelStream(db, queue, { streamId, userId: people.moderator.id })).toEqual({
      ok: false,
      reason: "not_host",
    });
    expect(await row()).toMatchObject({ status: "scheduled", cancelled_at: null });
  });

  it("and going live at once: exactly one of the two happens", async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 8; round += 1) {
      const { db, queue, streamId, people, row } = await setStage();
      const { sessionId } = await signIn(db, people.host.id);
      const press = {
        streamId,
        userId: people.host.id,
        sessionId,
        tab: unique("tab"),
        liveKey: randomUUID(),
        record: false,
        graceSeconds: 300,
      };
      const live = goLive(db, test.services, press);
      // A little later each time, so that the two meet at different places.
      await new Promise((resolve) => setTimeout(resolve, round * 3));
      const cancelled = await cancelStream(db, queue, { streamId, userId: people.owner.id });
      const went = await live;
      const { status } = await row();
      expect([went.ok, cancelled.ok].filter(Boolean)).toHaveLength(1);
      expect(status).toBe(cancelled.ok ? "cancelled" : "live");
      outcomes.add(status);
    }
    expect(outcomes.size).toBeGreaterThan(0);
  });
});

describe("finding a stream", () => {
  it("by its path, with the names around it", async () => {
    const { db, space, experience, stream } = await setStage();
    const found = await findStreamByPath(db, {
      space: space.slug,
      experience: experience.slug,
      stream: stream.slug,
    });
    expect(found).toMatchObject({
      id: stream.id,
      title: "A stream",
      status: "scheduled",
      spaceName: "A space",
      experienceName: "An experience",
      timeZone: "Europe/Berlin",
      retired: false,
    });
    expect(found && streamPath(found)).toBe(`/${space.slug}/${experience.slug}/streams/${stream.slug}`);
  });

  it("by a path of which one part is another's finds nothing", async () => {
    const { db, space, experience, stream } = await setStage();
    const other = await setStage();
    for (const path of [
      { space: other.space.slug, experience: experience.slug, stream: stream.slug },
      { space: space.slug, experience: other.experience.slug, stream: stream.slug },
      { space: space.slug, experience: experience.slug, stream: "no\0slug" },
    ]) {
      expect(await findStreamByPath(db, path)).toBeUndefined();
    }
  });

  it("for its team, with the member's role, and for nobody else", async () => {
    const { db, stream, people } = await setStage();
    const find = (userId: string, streamId: string | undefined = stream.id) =>
      findStreamForHost(db, { streamId, userId });
    expect(await find(people.owner.id)).toMatchObject({ role: "owner", mayHost: true });
    expect(await find(people.host.id)).toMatchObject({ role: "host", mayHost: true });
    expect(await find(people.moderator.id)).toMatchObject({ role: "moderator", mayHost: false });
    for (const who of ["stranger", "ended", "banned", "viewer", "otherOwner"] as const) {
      expect(await find(people[who].id), who).toBeUndefined();
    }
    expect(await find(people.owner.id, "not-an-id")).toBeUndefined();
    expect(await find(people.owner.id, randomUUID())).toBeUndefined();
  });
});

describe("a team's streams", () => {
  it("are listed as live, upcoming (the next first) and past (the latest first), in pages of 20", async () => {
    const { db, space, experience, people, stream } = await setStage();
    const make = (status: "scheduled" | "live" | "ended" | "cancelled", title: string, at: string) =>
      insertRow(db, {
        experienceId: experience.id,
        createdBy: people.owner.id,
        status,
        title,
        startsAt: sql<Date>`now() + ${at}::interval`,
        liveAt: sql<Date>`now() + ${at}::interval`,
      });
    for (let number = 1; number <= 21; number += 1)
      await make("scheduled", `Later ${number}`, `${number + 1} hours`);
    await make("scheduled", "Nobody came", "-10 minutes");
    await make("live", "On", "-5 minutes");
    await make("ended", "Long ago", "-9 days");
    await make("ended", "Lately", "-1 day");
    await make("cancelled", "Not at all", "-2 days");
    const whose = { userId: people.moderator.id, spaceId: space.id };
    expect(await countStreams(db, whose)).toEqual({ live: 1, upcoming: 23, past: 3 });
    const upcoming = await listStreams(db, { ...whose, list: "upcoming", page: 1 });
    expect(upcoming).toHaveLength(20);
    expect(upcoming.slice(0, 3).map(({ title, overdue }) => [title, overdue])).toEqual([
      ["Nobody came", true],
      [stream.title, false],
      ["Later 1", false],
    ]);
    const rest = await listStreams(db, { ...whose, list: "upcoming", page: 2 });
    expect(rest.map(({ title }) => title)).toEqual(["Later 19", "Later 20", "Later 21"]);
    expect(await listStreams(db, { ...whose, list: "upcoming", page: 3 })).toEqual([]);
    const past = await listStreams(db, { ...whose, list: "past", page: 1 });
    expect(past.map(({ title }) => title)).toEqual(["Lately", "Not at all", "Long ago"]);
    expect(await listStreams(db, { ...whose, list: "live", page: 1 })).toMatchObject([
      { title: "On", status: "live" },
    ]);
  });

  it("are found by words of their title, description or experience, whatever signs those have", async () => {
    const { db, space, experience, people } = await setStage();
    for (const title of ["100% light", "100 lights", "back\\slash", "snake_case", "Ärger im Süden"]) {
      await insertRow(db, { experienceId: experience.id, createdBy: people.owner.id, title });
    }
    const titles = async (search: string) =>
      (
        await listStreams(db, {
          userId: people.host.id,
          spaceId: space.id,
          list: "upcoming",
          page: 1,
          search,
        })
      )
        .map(({ title }) => title)
        .sort();
    expect(await titles("100%")).toEqual(["100% light"]);
    expect(await titles("LIGHT 100")).toEqual(["100 lights", "100% light"]);
    expect(await titles("\\")).toEqual(["back\\slash"]);
    expect(await titles("e_c")).toEqual(["snake_case"]);
    expect(await titles("süden")).toEqual(["Ärger im Süden"]);
    expect(await titles("nothing like it")).toEqual([]);
    expect(await titles("experience slash")).toEqual(["back\\slash"]);
    expect(await titles("\0 ' \" ; --")).toEqual([]);
    expect(await countStreams(db, { userId: people.host.id, spaceId: space.id, search: "100" })).toEqual({
      live: 0,
      upcoming: 2,
      past: 0,
    });
  });

  it("are nobody's but the team's", async () => {
    const { db, space, people } = await setStage();
    for (const who of ["stranger", "ended", "banned", "viewer", "otherOwner"] as const) {
      const whose = { userId: people[who].id, spaceId: space.id };
      expect(await listStreams(db, { ...whose, list: "upcoming", page: 1 }), who).toEqual([]);
      expect(await countStreams(db, whose), who).toEqual({ live: 0, upcoming: 0, past: 0 });
    }
    const member = await insertUser(db);
    await insertMember(db, { spaceId: space.id, userId: member.id, role: "moderator" });
    expect(
      await listStreams(db, { userId: member.id, spaceId: space.id, list: "upcoming", page: 1 }),
    ).toHaveLength(1);
  });
});

describe("the time by which a start has passed", () => {
  it("is the database's", async () => {
    const { rows } = await sql<{ now: Date }>`select now()`.execute(test.db);
    const later = await findNow(test.db);
    expect(later.getTime() - rows[0]!.now.getTime()).toBeGreaterThanOrEqual(0);
    expect(later.getTime() - rows[0]!.now.getTime()).toBeLessThan(60_000);
  });
});
