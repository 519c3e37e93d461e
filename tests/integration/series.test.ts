import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Temporal } from "temporal-polyfill";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usualChatHours } from "#app/domain/chat/phase.ts";
import { retireExperience } from "#app/domain/experiences/experiences.ts";
import { daysOf, type SeriesRule, startOn } from "#app/domain/schedule/series.ts";
import { makeSeriesAhead } from "#app/domain/series/ahead.ts";
import { cancelFollowing } from "#app/domain/series/cancel.ts";
import { changeFollowing } from "#app/domain/series/change.ts";
import { findFollowing } from "#app/domain/series/find.ts";
import { insertSeries } from "#app/domain/series/insert.ts";
import { retireSpace } from "#app/domain/spaces/spaces.ts";
import { cancelStream, updateSchedule } from "#app/domain/streams/schedule.ts";
import { removeMember } from "#app/domain/teams/members.ts";
import type { StreamStatus } from "#db/types.ts";
import { schedule } from "#worker/schedule.ts";
import { nextClockChange } from "#tests/clock-changes.ts";
import { insertExperience, insertPeople } from "#tests/factories.ts";
import { type LogLine, openTestServices } from "./setup.ts";

const logged: LogLine[] = [];
let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices({ logged });
});
afterAll(() => test.close());

/** A day by the database's clock. */
async function inDays(days: number): Promise<string> {
  const { rows } = await sql<{ day: string }>`
    select to_char((now() at time zone 'UTC') + make_interval(days => ${days}), 'YYYY-MM-DD') as day
  `.execute(test.db);
  return rows[0]!.day;
}

type Stage = Awaited<ReturnType<typeof setStage>>;

async function setStage(more: Partial<SeriesRule> = {}) {
  const { db, services } = test;
  const set = await insertPeople(db, { status: "ended" });
  const rule: SeriesRule = {
    repeats: "weekly",
    firstDay: await inDays(7),
    clock: "20:00",
    timeZone: "Europe/Berlin",
    untilDay: null,
    times: 6,
    ...more,
  };
  const words = { title: "Critique", description: "Every week", lengthMinutes: 60, chat: usualChatHours };
  const scheduling = {
    ...{ ...words, rule, formKey: randomUUID() },
    ...{ userId: set.people.host.id, spaceId: set.space.id, experienceId: set.experience.id },
  };
  const streams = () =>
    db
      .selectFrom("streams")
      .selectAll()
      .where("experience_id", "=", set.experience.id)
      .where("series_id", "is not", null)
      .orderBy("series_day")
      .execute();
  const series = () =>
    db
      .selectFrom("stream_series")
      .selectAll()
      .where("experience_id", "=", set.experience.id)
      .orderBy("id")
      .execute();
  const make = async () => {
    const made = await insertSeries(db, scheduling);
    if (!made.ok) throw new Error(made.reason);
    return { ...made, rows: await streams(), days: daysOf(rule) };
  };
  return { ...set, db, queue: services.queue, words, rule, scheduling, streams, series, make };
}

/** What somebody has before them who opens the page of a stream and all that follow. */
async function openFollowing({ db, people }: Stage, streamId: string) {
  const found = await findFollowing(db, { streamId });
  if (!found) throw new Error("no series");
  return {
    ...{ streamId, userId: people.host.id, seriesId: found.series.id },
    ...{ seriesVersion: found.series.editVersion, streamVersion: found.streamVersion },
  };
}

/** The same with what they send: the stage's words and rule, from the stream's day on, otherwise as `more` says. */
async function changeFrom(
  stage: Stage,
  streamId: string,
  more: { rule?: Partial<SeriesRule>; title?: string; ownToo?: boolean } = {},
) {
  const found = await findFollowing(stage.db, { streamId });
  if (!found) throw new Error("no series");
  const { day, left, series } = found;
  const rule = { ...series.rule, firstDay: day, untilDay: null, times: left, ...more.rule };
  return {
    ...{ ...(await openFollowing(stage, streamId)), ...stage.words, rule, days: daysOf(rule) },
    ...{ formKey: randomUUID(), ownToo: more.ownToo ?? false, title: more.title ?? stage.words.title },
  };
}

/** Moves a stream by itself, as its edit form does. */
async function moveAlone(stage: Stage, streamId: string, wallTime: string, title = "Critique") {
  const stream = await row(streamId);
  const [day = "", clock = ""] = wallTime.split("T");
  const { start } = startOn(day, { clock, timeZone: "Europe/Berlin" });
  return updateSchedule(stage.db, {
    ...{ ...stage.words, title, streamId, userId: stage.people.host.id, version: stream.edit_version },
    plan: { ...start, lengthMinutes: 60 },
  });
}

const row = (streamId: string) =>
  test.db.selectFrom("streams").selectAll().where("id", "=", streamId).executeTakeFirstOrThrow();

async function setStatus(streamId: string, status: StreamStatus) {
  const went = status === "live" || status === "ended";
  await test.db
    .updateTable("streams")
    .set({
      status,
      live_at: went ? sql<Date>`now()` : null,
      ended_at: status === "ended" ? sql<Date>`now()` : null,
      ended_reason: status === "ended" ? "host" : null,
    })
    .where("id", "=", streamId)
    .execute();
}

/** Lets a stage's series be so many days older: what was to come then may be in the past. */
async function letPass({ db, experience }: Stage, days: number) {
  const earlier = (column: string) =>
    sql<string>`to_char(${sql.ref(column)}::timestamp - make_interval(days => ${days}), 'YYYY-MM-DD')`;
  await db
    .updateTable("stream_series")
    .set({ first_day: earlier("first_day"), last_day: earlier("last_day") })
    .where("experience_id", "=", experience.id)
    .execute();
  await db
    .updateTable("streams")
    .set({
      series_day: earlier("series_day"),
      wall_time: sql<string>`${earlier("wall_time")} || substr(wall_time, 11)`,
      starts_at: sql<Date>`(wall_time::timestamp - make_interval(days => ${days})) at time zone time_zone`,
    })
    .where("experience_id", "=", experience.id)
    .where("series_id", "is not", null)
    .execute();
}

/** Until a statement of this test's database waits for a lock. */
async function untilBlocked({ db }: Stage) {
  await expect
    .poll(async () => {
      const { rows } = await sql`
        select 1 from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid()
      `.execute(db);
      return rows.length;
    })
    .toBeGreaterThan(0);
}

describe("scheduling a series", () => {
  it("makes its streams, each for its day, at the same time on the clocks", async () => {
    const stage = await setStage();
    const { rows, days, streamId } = await stage.make();
    expect(rows.map(({ series_day }) => series_day)).toEqual(days);
    expect(streamId).toBe(rows[0]?.id);
    for (const [index, stream] of rows.entries()) {
      const { start } = startOn(days[index]!, stage.rule);
      expect(stream).toMatchObject({
        ...{ title: "Critique", description: "Every week", status: "scheduled", length_minutes: 60 },
        ...{ wall_time: `${days[index]}T20:00`, starts_at: start.startsAt, time_zone: "Europe/Berlin" },
        ...{ schedule_version: 1, edit_version: 1, created_by: stage.people.host.id },
        ...{ chat_before: usualChatHours.before, chat_after_minutes: usualChatHours.afterMinutes },
      });
    }
    expect(new Set(rows.map(({ slug }) => slug)).size).toBe(6);
    expect(await stage.series()).toMatchObject([{ last_day: days.at(-1), make_at: null, edit_version: 1 }]);
  });

  it.each(
    (["forward", "back"] as const).flatMap((way) =>
      (["weekly", "fortnightly", "monthly"] as const).map((repeats) => [repeats, way] as const),
    ),
  )("keeps its time on the clocks: %s, over the day on which they are put %s", async (repeats, way) => {
    const change = Temporal.PlainDate.from(nextClockChange(way, 40));
    const stage = await setStage({ repeats, firstDay: change.subtract({ days: 14 }).toString(), times: 6 });
    const { rows } = await stage.make();
    expect(rows.length).toBeGreaterThanOrEqual(4);
    const { rows: shown } = await sql<{ clock: string; offset: string }>`
      select to_char(starts_at at time zone time_zone, 'HH24:MI') as clock,
        (starts_at at time zone time_zone - starts_at at time zone 'UTC')::text as "offset"
      from streams where series_id = ${rows[0]!.series_id} order by series_day
    `.execute(stage.db);
    expect(new Set(shown.map(({ clock }) => clock))).toEqual(new Set(["20:00"]));
    const offsets = way === "forward" ? ["01:00:00", "02:00:00"] : ["02:00:00", "01:00:00"];
    expect([...new Set(shown.map(({ offset }) => offset))]).toEqual(offsets);
    expect(rows.every(({ wall_time, series_day }) => wall_time === `${series_day}T20:00`)).toBe(true);
  });

  it("makes only what is near of a long one, and the rest when its time comes", async () => {
    const stage = await setStage({ times: 104 });
    const { rows } = await stage.make();
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.length).toBeLessThan(14);
    const [series] = await stage.series();
    expect(series?.make_at?.getTime()).toBeGreaterThan(Date.now());
    expect(await makeSeriesAhead(stage.db)).toBe(0);
    expect(await stage.streams()).toHaveLength(rows.length);
  });

  it("twice with one form, one after the other or at once, makes one series", async () => {
    const stage = await setStage();
    const first = await insertSeries(stage.db, stage.scheduling);
    expect(await insertSeries(stage.db, stage.scheduling)).toEqual({ ...first, already: true });
    const another = { ...stage.scheduling, formKey: randomUUID(), title: "At once" };
    const made = await Promise.all(Array.from({ length: 5 }, () => insertSeries(stage.db, another)));
    expect(made.filter((one) => one.ok && !one.already)).toHaveLength(1);
    expect(new Set(made.map((one) => one.ok && one.seriesId)).size).toBe(1);
    expect(await stage.series()).toHaveLength(2);
    expect(await stage.streams()).toHaveLength(12);
  });

  it("with a form that made something else before is refused and says what", async () => {
    const stage = await setStage();
    await stage.make();
    const other = { ...stage.scheduling, rule: { ...stage.rule, times: 5 } };
    expect(await insertSeries(stage.db, other)).toEqual({
      ...{ ok: false, reason: "form_used", title: "Critique" },
    });
    const single = randomUUID();
    await stage.db
      .updateTable("streams")
      .set({ form_key: single, created_by: stage.people.host.id, title: "A single one" })
      .where("id", "=", stage.stream.id)
      .execute();
    expect(await insertSeries(stage.db, { ...stage.scheduling, formKey: single })).toEqual({
      ...{ ok: false, reason: "form_used", title: "A single one" },
    });
    expect(await stage.series()).toHaveLength(1);
  });

  it("gives each stream its own address, also beside others of the title and at once", async () => {
    const stage = await setStage();
    await Promise.all(
      Array.from({ length: 4 }, () => insertSeries(stage.db, { ...stage.scheduling, formKey: randomUUID() })),
    );
    const slugs = (await stage.streams()).map(({ slug }) => slug);
    expect(slugs).toHaveLength(24);
    expect(new Set(slugs).size).toBe(24);
  });

  it("is for hosts and owners of the experience's space only", async () => {
    const stage = await setStage();
    for (const who of ["stranger", "ended", "banned", "viewer", "moderator", "otherOwner"] as const) {
      const theirs = { ...stage.scheduling, formKey: randomUUID(), userId: stage.people[who].id };
      expect(await insertSeries(stage.db, theirs), who).toEqual({ ok: false, reason: "no_experience" });
    }
    const elsewhere = await setStage();
    for (const wrong of [
      { experienceId: elsewhere.experience.id },
      { experienceId: elsewhere.experience.id, spaceId: elsewhere.space.id },
      { experienceId: randomUUID() },
    ]) {
      const attempt = await insertSeries(stage.db, { ...stage.scheduling, ...wrong });
      expect(attempt).toEqual({ ok: false, reason: "no_experience" });
    }
    expect(await stage.series()).toEqual([]);
    expect(await stage.streams()).toEqual([]);
    const owner = await insertSeries(stage.db, { ...stage.scheduling, userId: stage.people.owner.id });
    expect(owner).toMatchObject({ ok: true });
  });
});

/** Takes streams of a series away, as if they had never been made. */
async function forget(stage: Stage, from: number) {
  const rows = (await stage.streams()).slice(from);
  for (const { id } of rows) await stage.db.deleteFrom("streams").where("id", "=", id).execute();
  await stage.db
    .updateTable("stream_series")
    .set({ make_at: sql<Date>`now() - interval '1 minute'` })
    .where("experience_id", "=", stage.experience.id)
    .execute();
}

describe("making streams ahead", () => {
  it("is in the worker's table", () => {
    expect(schedule.map(({ name }) => name)).toContain("series.make-ahead");
  });

  it("makes what is due once, however often and by however many workers at once", async () => {
    const stage = await setStage();
    const { rows, days } = await stage.make();
    await forget(stage, 2);
    const counts = await Promise.all(Array.from({ length: 6 }, () => makeSeriesAhead(stage.db)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(4);
    const made = await stage.streams();
    expect(made.map(({ series_day }) => series_day)).toEqual(days);
    expect(made.slice(0, 2).map(({ id }) => id)).toEqual(rows.slice(0, 2).map(({ id }) => id));
    expect(await makeSeriesAhead(stage.db)).toBe(0);
  });

  it("never makes a second stream of a day, though it believed that it had none", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    const again = { ...rows[0]!, id: randomUUID(), slug: "another-address", form_key: null };
    await expect(stage.db.insertInto("streams").values(again).execute()).rejects.toThrow(/streams_series/);
  });

  it("leaves a day alone whose stream was moved or cancelled", async () => {
    const stage = await setStage();
    const { rows, days } = await stage.make();
    await moveAlone(stage, rows[1]!.id, `${await inDays(16)}T10:00`);
    await cancelStream(stage.db, stage.queue, { streamId: rows[2]!.id, userId: stage.people.host.id });
    await forget(stage, 3);
    expect(await makeSeriesAhead(stage.db)).toBe(3);
    const now = await stage.streams();
    expect(now.map(({ series_day }) => series_day)).toEqual(days);
    expect(now.map(({ status }) => status)).toEqual([
      ...["scheduled", "scheduled", "cancelled", "scheduled", "scheduled", "scheduled"],
    ]);
  });

  it("goes on after somebody who made the series has left the team", async () => {
    const stage = await setStage();
    await stage.make();
    await forget(stage, 2);
    const { space, people } = stage;
    await removeMember(stage.db, stage.queue, {
      ...{ spaceId: space.id, actorId: people.owner.id, userId: people.host.id },
    });
    expect(await makeSeriesAhead(stage.db)).toBe(4);
  });

  it("ends with its experience and its space", async () => {
    for (const retire of [
      (stage: Stage) =>
        retireExperience(stage.db, stage.queue, {
          spaceId: stage.space.id,
          experienceId: stage.experience.id,
        }),
      (stage: Stage) => retireSpace(stage.db, stage.queue, { spaceId: stage.space.id }),
    ]) {
      const stage = await setStage();
      await stage.make();
      await forget(stage, 2);
      expect(await retire(stage)).toEqual({ ok: true });
      expect(await makeSeriesAhead(stage.db)).toBe(0);
      expect((await stage.streams()).map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
    }
  });

  it("never leaves a scheduled stream in an experience that was retired at once", async () => {
    for (let round = 0; round < 5; round += 1) {
      const stage = await setStage();
      await stage.make();
      await forget(stage, 1);
      const retired = retireExperience(stage.db, stage.queue, {
        ...{ spaceId: stage.space.id, experienceId: stage.experience.id },
      });
      await new Promise((resolve) => setTimeout(resolve, round));
      await makeSeriesAhead(stage.db);
      expect(await retired).toEqual({ ok: true });
      expect((await stage.streams()).filter(({ status }) => status === "scheduled")).toEqual([]);
    }
  });

  it("makes the others where one series cannot be made, and tells of that one", async () => {
    const [broken, whole] = [await setStage(), await setStage()];
    for (const stage of [broken, whole]) {
      await stage.make();
      await forget(stage, 2);
    }
    const of = broken.experience.id;
    const zone = (time_zone: string) =>
      broken.db.updateTable("stream_series").set({ time_zone }).where("experience_id", "=", of).execute();
    await zone("Mars/Olympus");
    await expect(makeSeriesAhead(broken.db)).rejects.toThrow(RangeError);
    expect(await whole.streams()).toHaveLength(6);
    expect(await broken.streams()).toHaveLength(2);
    await zone("Europe/Berlin");
    expect(await makeSeriesAhead(broken.db)).toBe(4);
  });

  it("tells of a series that cannot be made once, by its id and without what it says, and again after it was mended", async () => {
    const stage = await setStage();
    const { seriesId } = await stage.make();
    await forget(stage, 2);
    const zone = (time_zone: string) =>
      stage.db.updateTable("stream_series").set({ time_zone }).where("id", "=", seriesId).execute();
    const told = new Set<string>();
    const { log } = test.services;
    const lines = () => logged.filter(({ msg }) => msg === "a series could not be made ahead");
    logged.length = 0;
    await zone("Mars/Olympus");
    for (let round = 0; round < 3; round += 1)
      await expect(makeSeriesAhead(stage.db, { log, told })).rejects.toThrow(RangeError);
    expect(lines()).toMatchObject([{ seriesId, err: { name: "RangeError" } }]);
    const { email } = stage.people.host;
    for (const personal of ["Critique", "Every week", email, stage.people.host.id])
      expect(JSON.stringify(logged)).not.toContain(personal);
    await zone("Europe/Berlin");
    expect(await makeSeriesAhead(stage.db, { log, told })).toBe(4);
    await forget(stage, 2);
    await zone("Mars/Olympus");
    await expect(makeSeriesAhead(stage.db, { log, told })).rejects.toThrow(RangeError);
    expect(lines()).toHaveLength(2);
    await zone("Europe/Berlin");
    await makeSeriesAhead(stage.db);
  });
});

describe("one stream of a series", () => {
  it("is moved, changed or cancelled by itself, and the series knows which", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    expect(await moveAlone(stage, rows[1]!.id, `${await inDays(15)}T10:00`)).toMatchObject({
      rescheduled: true,
    });
    await moveAlone(stage, rows[2]!.id, rows[2]!.wall_time, "A guest");
    await cancelStream(stage.db, stage.queue, { streamId: rows[3]!.id, userId: stage.people.host.id });
    const found = await findFollowing(stage.db, { streamId: rows[0]!.id });
    expect(found?.open.map(({ own }) => own)).toEqual([false, true, true, false, false]);
    expect(found?.left).toBe(6);
    expect(await row(rows[1]!.id)).toMatchObject({ schedule_version: 2, series_day: rows[1]!.series_day });
  });
});

describe("changing a stream of a series and all that follow", () => {
  it("splits the series: what was before stays, a new one goes on", async () => {
    const stage = await setStage();
    const { rows, days } = await stage.make();
    const change = await changeFrom(stage, rows[2]!.id, { rule: { clock: "21:30" }, title: "Late critique" });
    expect(await changeFollowing(stage.db, stage.queue, change)).toEqual({
      ...{ ok: true, already: false, streamId: rows[2]!.id },
    });
    const now = await stage.streams();
    expect(now.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(now.slice(0, 2)).toEqual(rows.slice(0, 2));
    for (const [index, stream] of now.slice(2).entries()) {
      expect(stream).toMatchObject({
        ...{ title: "Late critique", wall_time: `${days[index + 2]}T21:30`, slug: rows[index + 2]!.slug },
        ...{ schedule_version: 2, edit_version: 2, edited_by: stage.people.host.id, status: "scheduled" },
      });
    }
    const [old, next] = await stage.series();
    expect(old).toMatchObject({ times: null, last_day: days[1], edit_version: 2, make_at: null });
    expect(next).toMatchObject({ times: 4, first_day: days[2], last_day: days[5], clock: "21:30" });
    expect(now.map(({ series_id }) => series_id)).toEqual([
      ...[old!.id, old!.id, next!.id, next!.id, next!.id, next!.id],
    ]);
    expect(await makeSeriesAhead(stage.db)).toBe(0);
  });

  it("to another weekday moves each by as much, and makes none twice", async () => {
    const stage = await setStage();
    const { rows, days } = await stage.make();
    const moved = await changeFrom(stage, rows[1]!.id, { rule: { firstDay: await inDays(16) } });
    expect(await changeFollowing(stage.db, stage.queue, moved)).toMatchObject({ ok: true });
    const now = await stage.streams();
    expect(now.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(now.map(({ series_day }) => series_day)).toEqual([days[0], ...moved.days]);
    expect(now.map(({ wall_time }) => wall_time.slice(0, 10))).toEqual([days[0], ...moved.days]);
  });

  it("to words alone is no new start", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    const change = await changeFrom(stage, rows[0]!.id, { title: "Another title" });
    expect(await changeFollowing(stage.db, stage.queue, change)).toMatchObject({ ok: true });
    for (const stream of await stage.streams()) {
      expect(stream).toMatchObject({ title: "Another title", schedule_version: 1, edit_version: 2 });
    }
    expect(await stage.series()).toMatchObject([{ last_day: null }, { last_day: rows[5]!.series_day }]);
  });

  it("to every two weeks keeps those that are there in both, and cancels the others", async () => {
    const stage = await setStage();
    const { rows, days } = await stage.make();
    const rule = { repeats: "fortnightly", times: 3 } as const;
    const change = await changeFrom(stage, rows[1]!.id, { rule });
    expect(await changeFollowing(stage.db, stage.queue, change)).toMatchObject({ ok: true });
    const states = Object.fromEntries((await stage.streams()).map(({ id, status }) => [id, status]));
    expect(rows.map(({ id }) => states[id])).toEqual([
      ...["scheduled", "scheduled", "cancelled", "scheduled", "cancelled", "scheduled"],
    ]);
    expect(change.days).toEqual([days[1], days[3], days[5]]);
    expect(await stage.streams()).toHaveLength(6);
  });

  it("to a longer end makes what is missing, to a shorter one cancels what is left over", async () => {
    const longer = await setStage();
    const made = await longer.make();
    await changeFollowing(
      longer.db,
      longer.queue,
      await changeFrom(longer, made.rows[4]!.id, { rule: { times: 4 } }),
    );
    expect(await longer.streams()).toHaveLength(8);
    const shorter = await setStage();
    const { rows } = await shorter.make();
    await changeFollowing(
      shorter.db,
      shorter.queue,
      await changeFrom(shorter, rows[1]!.id, { rule: { times: 2 } }),
    );
    expect((await shorter.streams()).map(({ status }) => status)).toEqual([
      ...["scheduled", "scheduled", "scheduled", "cancelled", "cancelled", "cancelled"],
    ]);
  });

  it("leaves alone what was changed by itself, unless the person says otherwise", async () => {
    for (const ownToo of [false, true]) {
      const stage = await setStage();
      const { rows } = await stage.make();
      await moveAlone(stage, rows[2]!.id, `${await inDays(22)}T10:00`, "A guest");
      await cancelStream(stage.db, stage.queue, { streamId: rows[3]!.id, userId: stage.people.host.id });
      const [own, cancelled] = [await row(rows[2]!.id), await row(rows[3]!.id)];
      const change = await changeFrom(stage, rows[1]!.id, { rule: { clock: "21:30" }, ownToo });
      expect(await changeFollowing(stage.db, stage.queue, change)).toMatchObject({ ok: true });
      const { series_id } = await row(rows[1]!.id);
      const after = await row(own.id);
      if (ownToo) expect(after).toMatchObject({ title: "Critique", wall_time: `${own.series_day}T21:30` });
      else expect(after).toEqual({ ...own, series_id });
      // What was cancelled stays so, and nothing else is made for its day.
      expect(await row(cancelled.id)).toEqual({ ...cancelled, series_id });
      expect(await makeSeriesAhead(stage.db)).toBe(0);
      expect(await stage.streams()).toHaveLength(6);
    }
  });

  it("from one that was moved by itself leaves it where it was moved to, or takes it along", async () => {
    for (const ownToo of [false, true]) {
      const stage = await setStage();
      const { rows, days } = await stage.make();
      await moveAlone(stage, rows[1]!.id, `${await inDays(17)}T10:00`, "A guest");
      const moved = await row(rows[1]!.id);
      const rule = { clock: "21:30" };
      const change = await changeFrom(stage, moved.id, { rule, title: "Late critique", ownToo });
      expect(change.rule).toMatchObject({ firstDay: days[1], times: 5 });
      expect(await changeFollowing(stage.db, stage.queue, change)).toEqual({
        ...{ ok: true, already: false, streamId: moved.id },
      });
      const now = await stage.streams();
      expect(now.map(({ id, series_day }) => [id, series_day])).toEqual(
        rows.map(({ id }, index) => [id, days[index]]),
      );
      if (ownToo) {
        expect(now[1]).toMatchObject({ title: "Late critique", wall_time: `${days[1]}T21:30` });
        expect(now[1]).toMatchObject({ schedule_version: 3 });
      } else expect(now[1]).toEqual({ ...moved, series_id: now[1]!.series_id });
      for (const [index, stream] of now.slice(2).entries()) {
        expect(stream).toMatchObject({ title: "Late critique", wall_time: `${days[index + 2]}T21:30` });
      }
      expect(await makeSeriesAhead(stage.db)).toBe(0);
      // What was moved stays one of the series, also when it goes on from there once more.
      const again = await changeFrom(stage, moved.id, { title: "Again" });
      expect(await changeFollowing(stage.db, stage.queue, again)).toMatchObject({ streamId: moved.id });
      expect((await stage.streams()).map(({ title }) => title)).toEqual([
        ...["Critique", ownToo ? "Again" : "A guest", "Again", "Again", "Again", "Again"],
      ]);
    }
  });

  it("leaves cancelled what was cancelled, also where its day is another one then, and none begins from there", async () => {
    for (const ownToo of [false, true]) {
      const stage = await setStage();
      const { rows } = await stage.make();
      await cancelStream(stage.db, stage.queue, { streamId: rows[3]!.id, userId: stage.people.host.id });
      const cancelled = await row(rows[3]!.id);
      const change = await changeFrom(stage, rows[1]!.id, { rule: { firstDay: await inDays(16) }, ownToo });
      expect(await changeFollowing(stage.db, stage.queue, change)).toMatchObject({ ok: true });
      const { series_id } = await row(rows[1]!.id);
      // It has the place of its day, so that none is made there.
      expect(await row(cancelled.id)).toEqual({ ...cancelled, series_id, series_day: change.days[2] });
      expect(await makeSeriesAhead(stage.db)).toBe(0);
      const now = await stage.streams();
      expect(now.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
      expect(now.filter(({ status }) => status === "cancelled")).toHaveLength(1);
      const from = await changeFrom(stage, cancelled.id, { title: "From there" });
      expect(await changeFollowing(stage.db, stage.queue, from)).toEqual({
        ...{ ok: false, reason: "closed", status: "cancelled" },
      });
    }
  });

  it("never moves one into the past, and leaves where it is what has not begun though its time has passed", async () => {
    // The first of them was moved by itself, or one that follows.
    for (const [days, which] of [
      [10, 0],
      [17, 1],
    ] as const) {
      const stage = await setStage();
      await stage.make();
      await letPass(stage, days);
      const rows = await stage.streams();
      await moveAlone(stage, rows[which]!.id, `${await inDays(5)}T10:00`, "A guest");
      const moved = await row(rows[which]!.id);
      const all = async () => [await stage.streams(), await stage.series()];
      const before = await all();
      const change = await changeFrom(stage, rows[0]!.id, { title: "Another title", ownToo: true });
      expect(await changeFollowing(stage.db, stage.queue, change)).toEqual({
        ...{ ok: false, reason: "past", title: "A guest" },
        start: startOn(moved.series_day!, stage.rule).start,
      });
      expect(await all()).toEqual(before);
      expect(await changeFollowing(stage.db, stage.queue, { ...change, ownToo: false })).toMatchObject({
        ok: true,
      });
      const now = await stage.streams();
      expect(now[which]).toEqual({ ...moved, series_id: now[which]!.series_id });
      expect(now.map(({ starts_at }) => starts_at)).toEqual(
        rows.map(({ starts_at }, index) => (index === which ? moved.starts_at : starts_at)),
      );
      expect(now.filter(({ title }) => title === "Another title")).toHaveLength(5);
      expect(now.every(({ schedule_version }, index) => schedule_version === (index === which ? 2 : 1))).toBe(
        true,
      );
    }
  });

  it("does not put back into the past what somebody moved out of it at that very moment", async () => {
    const stage = await setStage();
    await stage.make();
    await letPass(stage, 17);
    const rows = await stage.streams();
    const change = await changeFrom(stage, rows[0]!.id, { title: "Another title", ownToo: true });
    const later = new Date(Date.now() + 3_600_000);
    let changed: ReturnType<typeof changeFollowing> | undefined;
    await stage.db.transaction().execute(async (trx) => {
      await trx
        .updateTable("streams")
        .set({ starts_at: later, edit_version: 2, schedule_version: 2 })
        .where("id", "=", rows[1]!.id)
        .execute();
      changed = changeFollowing(stage.db, stage.queue, change);
      await untilBlocked(stage);
    });
    expect(await changed).toMatchObject({ ok: true });
    expect(await row(rows[1]!.id)).toMatchObject({ starts_at: later, title: "Critique" });
    expect(await row(rows[2]!.id)).toMatchObject({ title: "Another title" });
  });

  it("never touches one that is live or over, and makes no other for its day", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    await setStatus(rows[2]!.id, "live");
    await setStatus(rows[3]!.id, "ended");
    const before = [await row(rows[2]!.id), await row(rows[3]!.id)];
    const change = await changeFrom(stage, rows[1]!.id, {
      ...{ rule: { clock: "21:30" }, title: "Another title", ownToo: true },
    });
    expect(await changeFollowing(stage.db, stage.queue, change)).toMatchObject({ ok: true });
    const { series_id } = await row(rows[1]!.id);
    for (const stream of before) expect(await row(stream.id)).toEqual({ ...stream, series_id });
    expect(await stage.streams()).toHaveLength(6);
    for (const stream of before) {
      const from = await changeFrom(stage, stream.id, { title: "Later" });
      expect(await changeFollowing(stage.db, stage.queue, from)).toEqual({
        ...{ ok: false, reason: "closed", status: stream.status },
      });
    }
  });

  it("at once by two keeps the first, and the second is told; nothing of theirs is there", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    const first = await changeFrom(stage, rows[1]!.id, { title: "Hers" });
    const second = await changeFrom(stage, rows[1]!.id, { title: "His" });
    const done = await Promise.all([first, second].map((one) => changeFollowing(stage.db, stage.queue, one)));
    expect(done).toContainEqual({ ok: true, already: false, streamId: rows[1]!.id });
    expect(done).toContainEqual({ ok: false, reason: "saved_before" });
    const titles = new Set((await stage.streams()).slice(1).map(({ title }) => title));
    expect(titles.size).toBe(1);
    expect(await stage.series()).toHaveLength(2);
    // Neither may who began before the split, from a stream of before or after it, nor who has an old stream in hand.
    const again = await changeFrom(stage, rows[1]!.id, { title: "His" });
    expect(await changeFollowing(stage.db, stage.queue, again)).toMatchObject({ ok: true });
    const stale = await changeFrom(stage, rows[3]!.id, { title: "Hers again" });
    await moveAlone(stage, rows[3]!.id, rows[3]!.wall_time, "By itself");
    expect(await changeFollowing(stage.db, stage.queue, stale)).toEqual({
      ok: false,
      reason: "saved_before",
    });
  });

  it("twice with one form changes it once", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    const change = await changeFrom(stage, rows[1]!.id, { title: "Once" });
    const done = { ok: true, streamId: rows[1]!.id };
    expect(await changeFollowing(stage.db, stage.queue, change)).toEqual({ ...done, already: false });
    expect(await changeFollowing(stage.db, stage.queue, change)).toEqual({ ...done, already: true });
    expect(await stage.series()).toHaveLength(2);
  });

  it("is for hosts and owners only, and for a series of that very experience", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    const change = await changeFrom(stage, rows[1]!.id, { title: "Not yours" });
    const all = async () => [await stage.streams(), await stage.series()];
    const before = await all();
    for (const who of ["stranger", "ended", "banned", "viewer", "otherOwner"] as const) {
      const theirs = { ...change, userId: stage.people[who].id };
      expect(await changeFollowing(stage.db, stage.queue, theirs), who).toEqual({
        ok: false,
        reason: "not_found",
      });
      expect(await cancelFollowing(stage.db, stage.queue, theirs), who).toEqual({
        ok: false,
        reason: "not_found",
      });
    }
    const moderator = { ...change, userId: stage.people.moderator.id };
    expect(await changeFollowing(stage.db, stage.queue, moderator)).toEqual({
      ok: false,
      reason: "not_host",
    });
    expect(await cancelFollowing(stage.db, stage.queue, moderator)).toEqual({
      ok: false,
      reason: "not_host",
    });
    const elsewhere = await setStage();
    const other = (await elsewhere.make()).seriesId;
    for (const seriesId of [other, randomUUID()]) {
      const wrong = { ...change, seriesId };
      expect(await changeFollowing(stage.db, stage.queue, wrong)).toEqual({ ok: false, reason: "not_found" });
      expect(await cancelFollowing(stage.db, stage.queue, wrong)).toEqual({ ok: false, reason: "not_found" });
    }
    expect(await all()).toEqual(before);
  });

  it("while it is retired does nothing, or is undone by that", async () => {
    for (let round = 0; round < 5; round += 1) {
      const stage = await setStage();
      const { rows } = await stage.make();
      const change = await changeFrom(stage, rows[1]!.id, { rule: { times: 8 } });
      const [retired] = await Promise.all([
        retireExperience(stage.db, stage.queue, {
          spaceId: stage.space.id,
          experienceId: stage.experience.id,
        }),
        new Promise((resolve) => setTimeout(resolve, round)).then(() =>
          changeFollowing(stage.db, stage.queue, change),
        ),
      ]);
      expect(retired).toEqual({ ok: true });
      expect((await stage.streams()).filter(({ status }) => status === "scheduled")).toEqual([]);
    }
  });
});

describe("cancelling a stream of a series and all that follow", () => {
  it("cancels them, also those that were changed by themselves, and ends the series before", async () => {
    const stage = await setStage();
    const { rows, days } = await stage.make();
    await moveAlone(stage, rows[3]!.id, `${await inDays(29)}T10:00`, "A guest");
    await setStatus(rows[4]!.id, "live");
    const asked = await openFollowing(stage, rows[2]!.id);
    expect(await cancelFollowing(stage.db, stage.queue, asked)).toEqual({
      ...{ ok: true, already: false, cancelled: 3 },
    });
    expect((await stage.streams()).map(({ status }) => status)).toEqual([
      ...["scheduled", "scheduled", "cancelled", "cancelled", "live", "cancelled"],
    ]);
    expect(await stage.series()).toMatchObject([{ last_day: days[1], make_at: null }]);
    expect(await cancelFollowing(stage.db, stage.queue, asked)).toEqual({
      ...{ ok: true, already: true, cancelled: 0 },
    });
    await forget(stage, 6);
    expect(await makeSeriesAhead(stage.db)).toBe(0);
    expect(await stage.streams()).toHaveLength(6);
    const { rows: jobs } = await sql`
      select 1 from pgboss.job where name = 'stream.close-room'
        and data ->> 'streamId' = any(${rows.map(({ id }) => id)}::text[])
    `.execute(stage.db);
    expect(jobs).toHaveLength(3);
  });

  it("is refused from one that is live or over, and by who read an old series", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    const old = await openFollowing(stage, rows[1]!.id);
    await changeFollowing(stage.db, stage.queue, await changeFrom(stage, rows[3]!.id, { title: "Later" }));
    expect(await cancelFollowing(stage.db, stage.queue, old)).toEqual({ ok: false, reason: "saved_before" });
    await setStatus(rows[0]!.id, "live");
    const live = await openFollowing(stage, rows[0]!.id);
    expect(await cancelFollowing(stage.db, stage.queue, live)).toEqual({
      ...{ ok: false, reason: "closed", status: "live" },
    });
    expect((await stage.streams()).filter(({ status }) => status === "cancelled")).toEqual([]);
  });

  it("at once by several happens once", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    const asked = await openFollowing(stage, rows[1]!.id);
    const done = await Promise.all(
      Array.from({ length: 4 }, () => cancelFollowing(stage.db, stage.queue, asked)),
    );
    expect(done.filter((one) => one.ok && !one.already)).toHaveLength(1);
    expect(done.every((one) => one.ok)).toBe(true);
  });

  it("leaves another series of the experience alone", async () => {
    const stage = await setStage();
    const { rows } = await stage.make();
    const other = await insertExperience(stage.db, { spaceId: stage.space.id });
    const beside = await insertSeries(stage.db, {
      ...{ ...stage.scheduling, formKey: randomUUID(), experienceId: other.id },
    });
    await cancelFollowing(stage.db, stage.queue, await openFollowing(stage, rows[0]!.id));
    const left = await stage.db
      .selectFrom("streams")
      .select("status")
      .where("series_id", "=", beside.ok ? beside.seriesId : "")
      .execute();
    expect(left.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => "scheduled"));
  });
});
