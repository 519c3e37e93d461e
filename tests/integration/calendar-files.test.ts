import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updateExperience } from "#app/domain/experiences/experiences.ts";
import { updateSpace } from "#app/domain/spaces/spaces.ts";
import { findStreamForHost } from "#app/domain/streams/find.ts";
import { cancelStream, updateSchedule } from "#app/domain/streams/schedule.ts";
import { insertPeople, unique } from "#tests/factories.ts";
import { readCalendar } from "#tests/read-calendar.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit } = browse(() => web);

type Change = {
  title?: string;
  description?: string;
  startsAt?: Date;
  timeZone?: string;
  lengthMinutes?: number;
  /** The edition that the form was opened with. */
  version?: number;
};

async function setStage(status: "scheduled" | "rehearsal" | "live" | "ended" | "cancelled" = "scheduled") {
  const house = await insertPeople(web.db, { status });
  const { stream, people } = house;
  // As forms make it: a start of a whole minute.
  await sql`update streams set starts_at = date_trunc('minute', starts_at) where id = ${stream.id}`.execute(
    web.db,
  );
  const file = `${house.path}/calendar.ics`;
  const ask = (headers: Record<string, string> = {}, method = "GET") => web.fetch(file, { headers, method });
  const entry = async () => readCalendar(await (await ask()).text()).entries[0]!;
  /** As its host saves the form with something changed in it. */
  async function edit(change: Change) {
    const userId = people.host.id;
    const now = (await findStreamForHost(web.db, { streamId: stream.id, userId }))!;
    const { title, description, startsAt, timeZone, lengthMinutes, version } = {
      ...{ ...now, version: now.editVersion },
      ...change,
    };
    const saved = await updateSchedule(web.db, {
      ...{ streamId: stream.id, userId, version, title, description },
      plan: { startsAt, wallTime: now.wallTime, timeZone, lengthMinutes },
      chat: { before: now.chatBefore, afterMinutes: now.chatAfterMinutes },
    });
    expect(saved).toMatchObject({ ok: true, changed: true });
  }
  return { ...house, file, ask, entry, edit };
}

describe("the calendar file of a stream", () => {
  it("is read by another program: what, when, where", async () => {
    const { ask, stream, path } = await setStage();
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
    expect(answer.headers.get("content-disposition")).toContain(`filename="${stream.title}.ics"`);
    expect(answer.headers.get("cache-control")).toBe("public, no-cache");
    expect(answer.headers.get("set-cookie")).toBeNull();
    const { method, entries } = readCalendar(await answer.text());
    expect(method).toBe("PUBLISH");
    const [{ starts_at }] = (await web.db
      .selectFrom("streams")
      .select("starts_at")
      .where("id", "=", stream.id)
      .execute()) as [{ starts_at: Date }];
    expect(entries).toMatchObject([
      {
        ...{ uid: stream.id, sequence: 0, status: "CONFIRMED", title: stream.title, url: web.url + path },
        startsAt: new Date(Math.floor(starts_at.getTime() / 1000) * 1000),
      },
    ]);
  });

  it("tells everybody the same, whoever they are", async () => {
    const { file, people } = await setStage();
    const nobody = await visit(file);
    for (const who of ["stranger", "ended", "banned", "viewer", "moderator", "host", "owner"] as const)
      expect((await visit(file, await cookieOf(people[who]))).html).toBe(nobody.html);
  });

  it("keeps its UID, and its SEQUENCE grows when its words change, when it is moved and when it is cancelled", async () => {
    const { stream, people, edit, entry } = await setStage();
    const first = await entry();
    await edit({ title: "Other words" });
    expect(await entry()).toEqual({ ...first, sequence: 1, title: "Other words" });
    const startsAt = new Date(first.startsAt.getTime() + 86_400_000);
    await edit({ startsAt });
    const moved = await entry();
    expect(moved).toMatchObject({ uid: first.uid, sequence: 2, startsAt, status: "CONFIRMED" });
    expect(moved.endsAt.getTime() - moved.startsAt.getTime()).toBe(60 * 60_000);
    const { queue } = web.services;
    await cancelStream(web.db, queue, { streamId: stream.id, userId: people.host.id });
    expect(await entry()).toMatchObject({
      ...{ uid: first.uid, sequence: 3, startsAt, status: "CANCELLED", title: "Cancelled: Other words" },
    });
    // A second press of the same is no other edition.
    await cancelStream(web.db, queue, { streamId: stream.id, userId: people.host.id });
    expect((await entry()).sequence).toBe(3);
  });

  it("is another edition with another description, length or zone, and when its space or experience gets another name or address", async () => {
    const { space, experience, stream, edit } = await setStage();
    const { db } = web;
    const named = (name: string, more = {}) =>
      updateSpace(db, { spaceId: space.id, slug: space.slug, description: "", name, ...more });
    const namedExperience = (name: string, description = "") =>
      updateExperience(db, { spaceId: space.id, experienceId: experience.id, name, description });
    const changes: [what: string, () => Promise<unknown>][] = [
      ["description", () => edit({ description: "Other words." })],
      ["length", () => edit({ lengthMinutes: 95 })],
      ["zone", () => edit({ timeZone: "America/New_York" })],
      ["name of the experience", () => namedExperience("Other evenings")],
      ["name of the space", () => named("Another house")],
      ["address of the space", () => named("Another house", { slug: unique("moved") })],
    ];
    const slugOf = async () =>
      (await db.selectFrom("spaces").select("slug").where("id", "=", space.id).executeTakeFirstOrThrow())
        .slug;
    const read = async () => {
      const file = `/${await slugOf()}/${experience.slug}/streams/${stream.slug}/calendar.ics`;
      return readCalendar(await (await web.fetch(file)).text()).entries[0]!;
    };
    let sequence = 0;
    for (const [what, make] of changes) {
      await make();
      const { uid, ...rest } = await read();
      expect([what, uid, rest.sequence]).toEqual([what, stream.id, ++sequence]);
    }
    // Saved again as it is, and with what a calendar does not have.
    await named("Another house", { slug: await slugOf(), description: "For who reads its page." });
    await namedExperience("Other evenings", "For who reads its page.");
    expect((await read()).sequence).toBe(sequence);
  });

  it("is no other edition for its editors when a name changes: what they began is saved, and nobody is told of a move", async () => {
    const { space, experience, stream, people, edit, entry } = await setStage();
    const rows = () =>
      web.db
        .selectFrom("streams")
        .select(["schedule_version", "edit_version", "edited_at"])
        .where("id", "=", stream.id)
        .executeTakeFirstOrThrow();
    const opened = (await findStreamForHost(web.db, { streamId: stream.id, userId: people.host.id }))!;
    const before = await rows();
    const first = await entry();
    const name = "Other evenings";
    await updateExperience(web.db, { spaceId: space.id, experienceId: experience.id, name, description: "" });
    expect(await rows()).toEqual(before);
    await edit({ title: "Other words", version: opened.editVersion });
    const last = await entry();
    expect(last).toMatchObject({ sequence: first.sequence + 2, title: "Other words" });
    expect(last.description).toContain(name);
  });

  it("says that it is cancelled when its series was retired", async () => {
    const { experience, space, people, entry } = await setStage();
    const cookie = await cookieOf(people.owner);
    const form = { space: space.slug };
    const retired = await web.fetch(`/account/space/experiences/${experience.id}/retirement`, {
      cookie,
      form,
    });
    expect(retired.status).toBe(302);
    expect(await entry()).toMatchObject({ status: "CANCELLED", sequence: 1 });
  });

  it("is not sent again to who has it, and is after a change", async () => {
    const { ask, edit } = await setStage();
    const etag = (await ask()).headers.get("etag")!;
    expect(etag).toMatch(/^W\/"[\w-]+"$/);
    const known = await ask({ "if-none-match": etag });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    await edit({ title: "Other words" });
    const changed = await ask({ "if-none-match": etag });
    expect([changed.status, changed.headers.get("etag") === etag]).toEqual([200, false]);
  });

  it("answers HEAD as it would answer GET, without the file", async () => {
    const { ask } = await setStage();
    const [head, get] = [await ask({}, "HEAD"), await ask()];
    expect([head.status, await head.text()]).toEqual([200, ""]);
    for (const name of ["content-type", "etag", "cache-control"])
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
  });

  it.each(["live", "ended"] as const)(
    "of a stream that is %s stands where it was planned",
    async (status) => {
      const { entry, stream } = await setStage(status);
      expect(await entry()).toMatchObject({ uid: stream.id, status: "CONFIRMED", sequence: 0 });
    },
  );

  it("holds a title with CR LF, quotes, emoji, commas and semicolons, also as the name of the file", async () => {
    const { stream, ask } = await setStage();
    const title = 'One, "two"; 👩‍👩‍👧‍👦\r\nBEGIN:VEVENT \\n 100%';
    await web.db.updateTable("streams").set({ title }).where("id", "=", stream.id).execute();
    const answer = await ask();
    const { entries } = readCalendar(await answer.text());
    expect(entries.map(({ title }) => title)).toEqual(['One, "two"; 👩‍👩‍👧‍👦 BEGIN:VEVENT \\n 100%']);
    expect(answer.headers.get("content-disposition")!.match(/"/g)).toHaveLength(2);
  });

  it("of a stream that is not there is 404 in words, whatever signs the address has", async () => {
    const { path } = await setStage();
    for (const end of ["-not-there", "%00", "%F0%9F%98%80", "%2F.."]) {
      const answer = await web.fetch(`${path}${end}/calendar.ics`);
      expect([end, answer.status]).toEqual([end, 404]);
    }
    const answer = await web.fetch(`${path}-not-there/calendar.ics`);
    expect(await answer.text()).toBe("There is no stream at this address.\n");
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
  });

  it("is still found at the address that its space had before", async () => {
    const { space, file } = await setStage();
    const slug = unique("moved");
    await sql`insert into space_former_slugs (slug, space_id) values (${space.slug}, ${space.id})`.execute(
      web.db,
    );
    await web.db.updateTable("spaces").set({ slug }).where("id", "=", space.id).execute();
    const answer = await web.fetch(file);
    expect([answer.status, answer.headers.get("location")]).toEqual([301, file.replace(space.slug, slug)]);
    expect((await web.fetch(answer.headers.get("location")!)).status).toBe(200);
  });
});

describe("what the database keeps of a stream's changes", () => {
  const former = (streamId: string) =>
    web.db
      .selectFrom("stream_former_starts")
      .select(["schedule_version", "starts_at", "wall_time", "time_zone"])
      .where("stream_id", "=", streamId)
      .orderBy("schedule_version")
      .execute();
  const editedAt = async (streamId: string) =>
    (
      await web.db
        .selectFrom("streams")
        .select("edited_at")
        .where("id", "=", streamId)
        .executeTakeFirstOrThrow()
    ).edited_at;

  it("is each start that it had before, once, and since when it says what it says", async () => {
    const { stream, people, edit } = await setStage();
    expect([await former(stream.id), await editedAt(stream.id)]).toEqual([[], null]);
    await edit({ title: "Other words" });
    const first = await editedAt(stream.id);
    expect([await former(stream.id), first]).toEqual([[], expect.any(Date)]);
    const { startsAt, wallTime, timeZone } = (await findStreamForHost(web.db, {
      ...{ streamId: stream.id, userId: people.host.id },
    }))!;
    await edit({ startsAt: new Date(startsAt.getTime() + 3_600_000) });
    await edit({ startsAt: new Date(startsAt.getTime() + 7_200_000) });
    expect(await former(stream.id)).toMatchObject([
      { schedule_version: 1, starts_at: startsAt, wall_time: wallTime, time_zone: timeZone },
      { schedule_version: 2, starts_at: new Date(startsAt.getTime() + 3_600_000) },
    ]);
    const moved = (await editedAt(stream.id))!;
    expect(moved.getTime()).toBeGreaterThan(first!.getTime());
    await cancelStream(web.db, web.services.queue, { streamId: stream.id, userId: people.host.id });
    expect((await editedAt(stream.id))!.getTime()).toBeGreaterThan(moved.getTime());
    expect(await former(stream.id)).toHaveLength(2);
  });
});
