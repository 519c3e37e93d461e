import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { usualChatHours } from "#app/domain/chat/phase.ts";
import { findChoices, updateChoices, updateStreamReminders } from "#app/domain/mail/choices.ts";
import { claimDue } from "#app/domain/mail/due.ts";
import {
  planAccessEnds,
  planConfirmations,
  planMailings,
  planReplayMail,
} from "#app/domain/mail/planning.ts";
import { stopMail } from "#app/domain/mail/unsubscribe.ts";
import { daysOf, type SeriesRule } from "#app/domain/schedule/series.ts";
import { setHidden } from "#app/domain/recordings/withholding.ts";
import { makeSeriesAhead } from "#app/domain/series/ahead.ts";
import { changeFollowing } from "#app/domain/series/change.ts";
import { findFollowing } from "#app/domain/series/find.ts";
import { insertSeries } from "#app/domain/series/insert.ts";
import { createMailer } from "#app/services/mail.ts";
import {
  ago,
  ban,
  inFuture,
  insertExperience,
  insertGrant,
  insertPass,
  insertPeople,
  insertStream,
  insertUser,
} from "#tests/factories.ts";
import { letterText } from "#tests/http-browser.ts";
import { startMail } from "#worker/mail.ts";
import { come, deliver, fatesOf, follow, makeDue, waitOut } from "./mail-fixtures.ts";
import { insertStoppedRecording } from "./recording-fixtures.ts";
import { openTestServices } from "./setup.ts";

let test: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  test = await openTestServices({ name: "worker" });
});
afterAll(() => test.close());
beforeEach(async () => {
  await sql`truncate users, spaces cascade`.execute(test.db);
  test.letters.length = 0;
});

const lettersTo = ({ email }: { email: string }) =>
  test.letters.filter(({ to }) => to.includes(email)).map(({ raw }) => letterText(raw));
const subjectsTo = (person: { email: string }) =>
  lettersTo(person).map((raw) =>
    /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(raw)![1]!.replaceAll(/\r\n\s+/g, " "),
  );

/** A stream in two days whose viewer is coming. */
async function insertComing({ startsAt = inFuture("2 days") } = {}) {
  const house = await insertPeople(test.db, { status: "scheduled" });
  const { people, experience } = house;
  const stream = await insertStream(test.db, {
    experienceId: experience.id,
    createdBy: people.owner.id,
    startsAt,
  });
  const viewer = people.viewer!;
  await come(test.db, stream.id, viewer.id);
  return { ...house, stream, viewer };
}

const move = (streamId: string, startsAt = inFuture("5 days")) =>
  sql`
    update streams set starts_at = ${startsAt}, schedule_version = schedule_version + 1, edit_version = edit_version + 1
    where id = ${streamId}`.execute(test.db);

const setStatus = (streamId: string, status: "live" | "ended" | "cancelled") =>
  sql`
    update streams set status = ${status}::stream_status,
      live_at = case when ${status} in ('live', 'ended') then now() end,
      ended_at = case when ${status} = 'ended' then now() end,
      cancelled_at = case when ${status} = 'cancelled' then now() end
    where id = ${streamId}`.execute(test.db);

describe("reminders", () => {
  it("go out a day and ten minutes before, once each, however often and by how many workers one looks", async () => {
    const { stream, viewer } = await insertComing();
    await makeDue(test.db, stream.id, "reminder");
    await Promise.all([1, 2, 3].map(() => deliver(test.services)));
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual([
      "reminder 1440: sent",
      "reminder 10: sent",
    ]);
    expect(lettersTo(viewer)).toHaveLength(2);
  });

  it("are not due before their time", async () => {
    const { stream, viewer } = await insertComing();
    await planMailings(test.db);
    expect((await deliver(test.services)).sent).toBe(0);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual([]);
    const { rows } = await sql<{ minutes: number; seconds: number }>`
      select g.minutes_before as minutes, extract(epoch from s.starts_at - g.due_at)::integer as seconds
      from mailings g join streams s on s.id = g.stream_id where s.id = ${stream.id} and g.kind = 'reminder'
    `.execute(test.db);
    for (const { minutes, seconds } of rows) expect(seconds).toBe(minutes * 60);
    // In two days: a week before is over.
    expect(rows.map(({ minutes }) => minutes).sort((a, b) => a - b)).toEqual([10, 30, 60, 180, 1440]);
  });

  it("go at the host's times, or at somebody's own", async () => {
    const { stream, viewer } = await insertComing();
    const other = await insertUser(test.db);
    await come(test.db, stream.id, other.id);
    await updateStreamReminders(test.db, stream.id, [60]);
    await updateChoices(test.db, other.id, {
      ...{ reminderMinutes: [180, 30], live: false, newStreams: "daily" },
      ...{ stopped: [], allStopped: false },
    });
    await makeDue(test.db, stream.id, "reminder");
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["reminder 60: sent"]);
    expect(await fatesOf(test.db, stream.id, other.id)).toEqual(["reminder 180: sent", "reminder 30: sent"]);
  });

  it("say the time on the reader's clock and on the stream's, and carry the ways to stop them", async () => {
    const { stream, viewer } = await insertComing({
      startsAt: sql<Date>`'2099-03-18T19:00:00Z'::timestamptz`,
    });
    await sql`update users set time_zone = 'Asia/Calcutta' where id = ${viewer.id}`.execute(test.db);
    await makeDue(test.db, stream.id, "reminder", 10);
    await deliver(test.services);
    const [letter] = lettersTo(viewer);
    expect(letter).toContain("Thursday 19 March 2099, 00:30");
    expect(letter).toContain("Asia/Kolkata");
    expect(letter).toContain("Wednesday 18 March 2099, 20:00 in Europe/Berlin");
    const head = letter!.split("\r\n\r\n")[0]!.replaceAll(/\r\n[ \t]+/g, " ");
    const { publicUrl } = test.services.config;
    expect(head).toMatch(
      new RegExp(`^List-Unsubscribe: <${publicUrl}/mail/unsubscribe/reminder/[\\w-]{43}>$`, "m"),
    );
    expect(head).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
    expect(head).toMatch(/^Message-ID: <[\da-f-]{36}\.[\da-f-]{36}@127\.0\.0\.1>$/m);
    expect(letter).toContain("Content-Type: text/html");
    expect(letter).toContain("Content-Type: text/plain");
  });

  it("keep a title with line breaks in their subject (ASVS 1.3.11)", async () => {
    const { stream, viewer } = await insertComing();
    await test.db
      .updateTable("streams")
      .set({ title: "Hello\r\nBcc: them@example.com" })
      .where("id", "=", stream.id)
      .execute();
    await makeDue(test.db, stream.id, "reminder", 10);
    await deliver(test.services);
    expect(test.letters.map(({ to }) => to)).toEqual([[viewer.email]]);
    expect(lettersTo(viewer)[0]!.split("\r\n\r\n")[0]).not.toMatch(/^Bcc:/m);
  });

  it.each(["live", "ended", "cancelled"] as const)(
    "are not sent of a stream that is %s by then",
    async (status) => {
      const { stream, viewer } = await insertComing();
      await makeDue(test.db, stream.id, "reminder", 10);
      await setStatus(stream.id, status);
      await deliver(test.services);
      expect(await fatesOf(test.db, stream.id, viewer.id)).toContain(`reminder 10: skipped ${status}`);
      expect(subjectsTo(viewer).filter((subject) => subject.startsWith("Reminder"))).toEqual([]);
    },
  );

  it("are not sent of a stream that was deleted", async () => {
    const { stream } = await insertComing();
    await makeDue(test.db, stream.id, "reminder", 10);
    await claimDue(test.db, 10);
    await test.db.deleteFrom("streams").where("id", "=", stream.id).execute();
    await deliver(test.services);
    expect(test.letters).toEqual([]);
  });

  it("of a stream that was moved go out at the new time only, and who is coming is told of both times, once", async () => {
    const { stream, viewer } = await insertComing({
      startsAt: sql<Date>`'2099-03-18T19:00:00Z'::timestamptz`,
    });
    const late = await insertUser(test.db);
    await makeDue(test.db, stream.id, "reminder", 1440);
    await move(stream.id, sql<Date>`'2099-04-01T18:00:00Z'::timestamptz`);
    await makeDue(test.db, stream.id, "moved");
    await come(test.db, stream.id, late.id, "0 seconds");
    await Promise.all([deliver(test.services), deliver(test.services)]);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual([
      "reminder 1440: skipped moved",
      "moved: sent",
    ]);
    const [letter, ...more] = lettersTo(viewer);
    expect(more).toEqual([]);
    expect(letter).toContain("Wednesday 1 April 2099, 20:00");
    expect(letter).toContain("Wednesday 18 March 2099, 20:00");
    // Who came after that saw the new time.
    expect(await fatesOf(test.db, stream.id, late.id)).toEqual([]);
    expect(lettersTo(late)).toEqual([]);
    await sql`
      update mailings set due_at = now()
      where kind = 'reminder' and minutes_before = 10 and stream_id = ${stream.id} and schedule_version = 2`.execute(
      test.db,
    );
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toContain("reminder 10: sent");
  });

  it("a stream that was moved twice at once is told of once, and one that was moved back not at all", async () => {
    const { stream, viewer } = await insertComing();
    await planMailings(test.db);
    await move(stream.id);
    await planMailings(test.db);
    await move(stream.id, inFuture("6 days"));
    await makeDue(test.db, stream.id, "moved");
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["moved: skipped moved", "moved: sent"]);

    const other = await insertComing();
    await planMailings(test.db);
    await move(other.stream.id);
    await planMailings(test.db);
    await sql`
      update streams s set schedule_version = 3, starts_at = f.starts_at from stream_former_starts f
      where s.id = ${other.stream.id} and f.stream_id = s.id and f.schedule_version = 1`.execute(test.db);
    await makeDue(test.db, other.stream.id, "moved");
    await deliver(test.services);
    expect(await fatesOf(test.db, other.stream.id, other.viewer.id)).toEqual([
      "moved: skipped moved",
      "moved: skipped moved_back",
    ]);
  });

  it("a stream that was moved twice is told of with the start that each reader knows", async () => {
    const { stream, viewer } = await insertComing({
      startsAt: sql<Date>`'2099-03-18T19:00:00Z'::timestamptz`,
    });
    const told = await insertUser(test.db);
    await come(test.db, stream.id, told.id);
    await planMailings(test.db);
    await move(stream.id, sql<Date>`'2099-04-01T18:00:00Z'::timestamptz`);
    const [second] = await makeDue(test.db, stream.id, "moved");
    // One of them had their mail when the host moved it once more.
    await sql`
      insert into mails (mailing_id, person_id, outcome, settled_at) values (${second}, ${told.id}, 'sent', now())
    `.execute(test.db);
    const late = await insertUser(test.db);
    await come(test.db, stream.id, late.id, "0 seconds");
    await move(stream.id, sql<Date>`'2099-05-06T18:00:00Z'::timestamptz`);
    await makeDue(test.db, stream.id, "moved");
    await deliver(test.services);
    const [first = ""] = lettersTo(viewer);
    expect(first).toContain("Wednesday 6 May 2099, 20:00");
    expect(first).toContain("Wednesday 18 March 2099, 20:00");
    expect(first).not.toContain("1 April");
    for (const person of [told, late]) {
      const [letter = "", ...more] = lettersTo(person);
      expect(more).toEqual([]);
      expect(letter).toContain("Wednesday 6 May 2099, 20:00");
      expect(letter).toContain("Wednesday 1 April 2099, 20:00");
      expect(letter).not.toContain("18 March");
    }
  });

  it("who came between a move and the look that found it is not told of it", async () => {
    const { stream } = await insertComing();
    await planMailings(test.db);
    await move(stream.id);
    const late = await insertUser(test.db);
    await come(test.db, stream.id, late.id, "0 seconds");
    await makeDue(test.db, stream.id, "moved");
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, late.id)).toEqual(["moved: skipped came_after"]);
    expect(lettersTo(late)).toEqual([]);
  });

  it("are first those that are soon too late, however long others have been waiting", async () => {
    const { stream } = await insertComing();
    const { stream: other } = await insertComing();
    await planMailings(test.db);
    await sql`
      insert into mailings (kind, stream_id, due_at, expires_at)
      values ('replay', ${other.id}, now() - interval '1 hour', now() + interval '3 days')
    `.execute(test.db);
    const [reminder] = await makeDue(test.db, stream.id, "reminder", 10);
    await sql`update mailings set expires_at = now() + interval '25 minutes' where id = ${reminder}`.execute(
      test.db,
    );
    expect(await claimDue(test.db, 10)).toMatchObject([{ mailingId: reminder }]);
  });

  it("do not go to who is not coming any more, is switched off, banned, or whose access has ended, with the reason", async () => {
    const { stream, people, pass, space } = await insertComing();
    const refunded = await insertUser(test.db);
    await insertGrant(test.db, { passId: pass.id, userId: refunded.id, status: "refunded" });
    const off = await insertUser(test.db);
    const newly = await insertUser(test.db);
    for (const { id } of [people.ended!, people.banned!, refunded, off, newly, people.stranger!])
      await come(test.db, stream.id, id);
    await makeDue(test.db, stream.id, "reminder", 10);
    await claimDue(test.db, 100);
    await waitOut(test.db);
    await test.db.deleteFrom("coming").where("person_id", "=", people.viewer!.id).execute();
    await test.db.updateTable("users").set({ disabled_at: new Date() }).where("id", "=", off.id).execute();
    await ban(test.db, { spaceId: space.id, userId: newly.id, by: people.owner.id });
    await deliver(test.services);
    const fate = async (person: { id: string }) => (await fatesOf(test.db, stream.id, person.id))[0];
    expect(await fate(people.viewer!)).toBe("reminder 10: skipped not_coming");
    expect(await fate(people.ended!)).toBe("reminder 10: skipped access_ended");
    expect(await fate(refunded)).toBe("reminder 10: skipped access_ended");
    expect(await fate(people.banned!)).toBe("reminder 10: skipped banned");
    expect(await fate(newly)).toBe("reminder 10: skipped banned");
    expect(await fate(off)).toBe("reminder 10: skipped account_disabled");
    // Who never had a pass may still get one, and is told so.
    expect(await fate(people.stranger!)).toBe("reminder 10: sent");
    expect(lettersTo(people.stranger!)[0]).toContain("You need a pass");
    expect(test.letters).toHaveLength(1);
  });
});

describe("other mail about a stream", () => {
  it("a confirmation goes once for each version of its times, however often somebody changes their mind", async () => {
    const { stream, viewer } = await insertComing();
    const sayAgain = () => sql`update coming set mail_planned_at = null`.execute(test.db);
    await sayAgain();
    await Promise.all([planConfirmations(test.db), planConfirmations(test.db)]);
    await deliver(test.services);
    await sayAgain();
    expect(await planConfirmations(test.db)).toBe(1);
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["coming: sent"]);
    expect(subjectsTo(viewer)).toEqual(["You are coming: A stream"]);
  });

  it("a confirmation goes to who did not come for a moment, in which it was due", async () => {
    const { stream, viewer } = await insertComing();
    const change = async (comes: boolean) => {
      await sql`delete from coming where person_id = ${viewer.id}`.execute(test.db);
      if (comes) await come(test.db, stream.id, viewer.id);
      await sql`update coming set mail_planned_at = null`.execute(test.db);
    };
    await change(true);
    await planConfirmations(test.db);
    await change(false);
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["coming: skipped not_coming"]);
    await change(true);
    await planConfirmations(test.db);
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["coming: sent"]);
    expect(subjectsTo(viewer)).toEqual(["You are coming: A stream"]);
  });

  it("“live now” goes to who chose it, and to nobody else", async () => {
    const { stream, viewer, people } = await insertComing();
    await come(test.db, stream.id, people.moderator!.id);
    await updateChoices(test.db, viewer.id, {
      ...{ reminderMinutes: null, live: true, newStreams: "daily" },
      ...{ stopped: [], allStopped: false },
    });
    await planMailings(test.db);
    await setStatus(stream.id, "live");
    await planMailings(test.db);
    await deliver(test.services);
    expect(subjectsTo(viewer)).toEqual(["Live now: A stream"]);
    expect(subjectsTo(people.moderator!)).toEqual([]);
  });

  it("who is coming is told that it is cancelled, once, also when its experience was retired", async () => {
    const { stream, viewer, experience } = await insertComing();
    await planMailings(test.db);
    await setStatus(stream.id, "cancelled");
    await test.db
      .updateTable("experiences")
      .set({ retired_at: new Date() })
      .where("id", "=", experience.id)
      .execute();
    await planMailings(test.db);
    await planMailings(test.db);
    await deliver(test.services);
    expect(subjectsTo(viewer)).toEqual(["Cancelled: A stream"]);
  });

  it("the replay is told of while it can be seen", async () => {
    const { db, services } = test;
    const house = await insertPeople(db, { status: "live" });
    const viewer = house.people.viewer!;
    await come(db, house.stream.id, viewer.id);
    const { recordingId } = await insertStoppedRecording(services, house.stream.id);
    await db
      .updateTable("streaming_recordings")
      .set({ status: "ready", ready_at: new Date(), hidden_at: new Date(), hidden_by: house.people.owner.id })
      .where("id", "=", recordingId)
      .execute();
    const tell = () => db.transaction().execute((trx) => planReplayMail(trx, house.stream.id));
    await tell();
    await claimDue(db, 10);
    await waitOut(db);
    await deliver(services);
    expect(await fatesOf(db, house.stream.id, viewer.id)).toContain("replay: skipped no_replay");

    const by = { recordingId, userId: house.people.owner.id };
    await setHidden(db, { ...by, hidden: false });
    await setHidden(db, { ...by, hidden: true });
    await setHidden(db, { ...by, hidden: false });
    await tell();
    await deliver(services);
    await deliver(services);
    expect(subjectsTo(viewer)).toEqual(["The replay is there: A stream"]);
    await setHidden(db, { ...by, hidden: true });
    await setHidden(db, { ...by, hidden: false });
    await deliver(services);
    expect(subjectsTo(viewer)).toHaveLength(1);
  });

  it("a pass that ends soon is told of once, and again when it got another end", async () => {
    const { people, space, experience } = await insertPeople(test.db);
    const viewer = people.viewer!;
    const set = (endsAt: ReturnType<typeof inFuture>) =>
      test.db
        .updateTable("access_grants")
        .set({ starts_at: ago("30 days"), ends_at: endsAt })
        .where("user_id", "=", viewer.id)
        .execute();
    await set(inFuture("2 days"));
    await planAccessEnds(test.db);
    await planAccessEnds(test.db);
    await deliver(test.services);
    expect(subjectsTo(viewer)).toHaveLength(1);
    expect(subjectsTo(viewer)[0]).toMatch(/^Your pass ends .*: A pass$/);
    await set(inFuture("1 day"));
    await planAccessEnds(test.db);
    // Extended after it was made, before it was sent.
    await set(inFuture("20 days"));
    await deliver(test.services);
    expect(subjectsTo(viewer)).toHaveLength(1);
    // Short passes are not told of, nor is one whose holder has what it opens for longer.
    await set(inFuture("2 days"));
    const long = await insertPass(test.db, { spaceId: space.id, experienceIds: [experience.id] });
    await insertGrant(test.db, { passId: long.id, userId: viewer.id, endsAt: inFuture("90 days") });
    const short = await insertPass(test.db, { spaceId: space.id, experienceIds: [] });
    await insertGrant(test.db, { passId: short.id, userId: viewer.id, endsAt: inFuture("1 day") });
    await planAccessEnds(test.db);
    await deliver(test.services);
    expect(subjectsTo(viewer)).toHaveLength(1);
  });
});

describe("new streams", () => {
  async function insertFollowed() {
    const house = await insertPeople(test.db, { status: "ended" });
    const person = await insertUser(test.db);
    await follow(test.db, { personId: person.id, spaceId: house.space.id });
    await follow(test.db, {
      personId: person.id,
      spaceId: house.space.id,
      experienceId: house.experience.id,
    });
    const schedule = async (title: string, startsAt = inFuture("9 days")) => {
      const { experience, people } = house;
      const made = await insertStream(test.db, {
        experienceId: experience.id,
        createdBy: people.owner.id,
        startsAt,
        title,
      });
      await makeDue(test.db, made.id, "new_stream");
      return made;
    };
    return { ...house, person, schedule };
  }

  it("are one mail a day, which has all of them", async () => {
    const { person, schedule } = await insertFollowed();
    await schedule("One");
    await schedule("Two");
    await Promise.all([deliver(test.services), deliver(test.services)]);
    expect(subjectsTo(person)).toEqual([]);
    await waitOut(test.db);
    await Promise.all([deliver(test.services), deliver(test.services)]);
    await deliver(test.services);
    expect(subjectsTo(person)).toEqual(["2 new streams from A space"]);
    await schedule("Three");
    await schedule("Four");
    await deliver(test.services);
    await waitOut(test.db);
    await deliver(test.services);
    expect(lettersTo(person)).toHaveLength(1);
    await sql`update mail_choices set new_streams_at = now() - interval '25 hours'`.execute(test.db);
    await waitOut(test.db);
    await deliver(test.services);
    expect(subjectsTo(person)).toEqual(["2 new streams from A space", "2 new streams from A space"]);
    expect(lettersTo(person)[1]).toMatch(/Three[\s\S]*Four/);
    await waitOut(test.db);
    await deliver(test.services);
    expect(lettersTo(person)).toHaveLength(2);
  });

  it("are this day's mail still where the mail server was away when it was its turn", async () => {
    const { space, person, schedule } = await insertFollowed();
    const others = await Promise.all(Array.from({ length: 30 }, () => insertUser(test.db)));
    for (const { id } of others) await follow(test.db, { personId: id, spaceId: space.id });
    await schedule("One");
    await schedule("Two");
    await deliver(test.services);
    await waitOut(test.db);
    const away = withoutServer();
    for (let looks = 0; looks < 3; looks += 1) {
      expect(await deliver(away)).toEqual({ sent: 0, away: true });
      await sql`update mails set next_at = least(next_at, clock_timestamp()) where claims > 0`.execute(
        test.db,
      );
    }
    away.mailer.close();
    await deliver(test.services);
    for (const each of [person, ...others]) expect(subjectsTo(each)).toEqual(["2 new streams from A space"]);
  });

  it("are told of as they are when a letter goes out, however long all of them take", async () => {
    const { space, schedule } = await insertFollowed();
    const others = await Promise.all(Array.from({ length: 60 }, () => insertUser(test.db)));
    for (const { id } of others) await follow(test.db, { personId: id, spaceId: space.id });
    const made = await schedule("One", sql<Date>`'2099-03-18T19:00:00Z'::timestamptz`);
    await deliver(test.services);
    await waitOut(test.db);
    const slow = { ...test.services, config: structuredClone(test.services.config) };
    slow.config.mail.perSecond = 20;
    let moved: Promise<unknown> | undefined;
    slow.mailer = {
      ...test.services.mailer,
      async send(letter) {
        moved ??= move(made.id, sql<Date>`'2099-04-01T18:00:00Z'::timestamptz`);
        await moved;
        await test.services.mailer.send(letter);
      },
    };
    await deliver(slow);
    expect(test.letters).toHaveLength(61);
    const last = test.letters.slice(-20).map(({ raw }) => letterText(raw));
    for (const letter of last) expect(letter).toContain("Wednesday 1 April 2099");
  });

  it("are told of one by one to who chose that", async () => {
    const { person, schedule } = await insertFollowed();
    await updateChoices(test.db, person.id, {
      ...{ reminderMinutes: null, live: false, newStreams: "each" },
      ...{ stopped: [], allStopped: false },
    });
    for (const title of ["One", "Two"]) {
      await schedule(title);
      await deliver(test.services);
      await deliver(test.services);
    }
    expect(subjectsTo(person).map((subject) => subject.replace(/, .*/, ""))).toEqual([
      "New from A space: One",
      "New from A space: Two",
    ]);
  });

  /** The person had their last letter so long ago, and it is noon on their clocks now. */
  async function atNoon(person: { id: string }, lastLetter: string) {
    const ahead = 12 - new Date().getUTCHours();
    const time_zone = `Etc/GMT${ahead < 0 ? "+" : "-"}${Math.abs(ahead)}`;
    await test.db.updateTable("users").set({ time_zone }).where("id", "=", person.id).execute();
    await sql`
      insert into mail_choices (person_id, new_streams_at) values (${person.id}, now() - ${lastLetter}::interval)
    `.execute(test.db);
  }

  /** Sends what waits for others of the same minutes, too. */
  async function sendNews() {
    await deliver(test.services);
    await waitOut(test.db);
    await deliver(test.services);
  }

  const hoursToWait = async () => {
    const { rows } = await sql<{ hours: number }>`
      select round(extract(epoch from next_at - clock_timestamp()) / 3600)::integer as hours from mails
      where outcome is null
    `.execute(test.db);
    return rows.map(({ hours }) => hours);
  };

  it("that were moved while a letter waited are told of for their new start", async () => {
    const { person, schedule } = await insertFollowed();
    await atNoon(person, "1 hour");
    const [later, passed] = [await schedule("Later", inFuture("2 hours")), await schedule("Passed")];
    await sendNews();
    expect(subjectsTo(person)).toEqual([]);
    await move(later.id, inFuture("5 days"));
    await move(passed.id, ago("1 minute"));
    // The day of its former start is over.
    await sql`update mailings set expires_at = now() - interval '1 minute' where stream_id = ${later.id}`.execute(
      test.db,
    );
    await sql`update mail_choices set new_streams_at = now() - interval '25 hours'`.execute(test.db);
    await sendNews();
    expect(subjectsTo(person)).toEqual([expect.stringContaining("New from A space: Later")]);
    expect(await fatesOf(test.db, passed.id, person.id)).toEqual(["new_stream: skipped too_late"]);
  });

  it("that start before a day is over since the last letter are told of on the next day, in time", async () => {
    const { person, schedule } = await insertFollowed();
    await atNoon(person, "13 hours");
    await schedule("Today", inFuture("3 hours"));
    await schedule("Some day");
    await sendNews();
    expect(subjectsTo(person)).toEqual(["2 new streams from A space"]);
    await schedule("Tomorrow", inFuture("20 hours"));
    await sendNews();
    // It is not midnight yet, and six hours before it is soon enough.
    expect(lettersTo(person)).toHaveLength(1);
    expect(await hoursToWait()).toEqual([14]);
  });

  it("that start on the day of a letter that has gone out are no second one, and their host reads why", async () => {
    const { person, schedule } = await insertFollowed();
    await atNoon(person, "2 hours");
    const stream = await schedule("Tonight", inFuture("3 hours"));
    await sendNews();
    expect(await fatesOf(test.db, stream.id, person.id)).toEqual(["new_stream: waits"]);
    await sql`update streams set starts_at = now() - interval '1 minute' where id = ${stream.id}`.execute(
      test.db,
    );
    await sendNews();
    expect(lettersTo(person)).toEqual([]);
    expect(await fatesOf(test.db, stream.id, person.id)).toEqual(["new_stream: skipped had_letter"]);
  });

  it("of a series are one, the first, however many there are and are made later", async () => {
    const { person, people, space, experience, schedule } = await insertFollowed();
    const rows = async () =>
      test.db
        .selectFrom("streams")
        .selectAll()
        .where("series_id", "is not", null)
        .orderBy("series_day")
        .execute();
    const { rows: days } = await sql<{ day: string }>`
      select to_char(now() + interval '7 days', 'YYYY-MM-DD') as day
    `.execute(test.db);
    const rule: SeriesRule = {
      ...{ repeats: "weekly", firstDay: days[0]!.day, clock: "20:00", timeZone: "Europe/Berlin" },
      ...{ untilDay: null, times: 12 },
    };
    const series = await insertSeries(test.db, {
      ...{ title: "Critique", description: "", lengthMinutes: 60, chat: usualChatHours, rule },
      ...{ userId: people.host.id, spaceId: space.id, experienceId: experience.id, formKey: randomUUID() },
    });
    if (!series.ok) throw new Error(series.reason);
    const made = await rows();
    expect(made).toHaveLength(12);
    // What is made ahead at another time, as the worker does.
    for (const { id } of made.slice(9)) await test.db.deleteFrom("streams").where("id", "=", id).execute();
    const told: string[] = [];
    for (const { id } of made.slice(0, 9)) told.push(...(await makeDue(test.db, id, "new_stream")));
    expect(told).toHaveLength(1);
    await schedule("A single one");
    await sendNews();
    expect(subjectsTo(person)).toEqual(["2 new streams from A space"]);
    const [letter] = lettersTo(person);
    // As text and as HTML.
    expect(letter!.match(/Every week on \w+, until /g)).toHaveLength(2);

    await test.db
      .updateTable("stream_series")
      .set({ make_at: ago("1 minute") })
      .execute();
    expect(await makeSeriesAhead(test.db)).toBe(3);
    for (const { id } of (await rows()).slice(9)) {
      expect(await makeDue(test.db, id, "new_stream")).toEqual([]);
      // Who is coming is reminded all the same.
      expect(await makeDue(test.db, id, "reminder", 10)).toHaveLength(1);
    }
    // Neither are those of the series that goes on from one of them.
    const [first] = await rows();
    const following = (await findFollowing(test.db, { streamId: first!.id }))!;
    const longer = { ...rule, times: 13 };
    const changed = await changeFollowing(test.db, test.services.queue, {
      ...{ title: "Critique", description: "", lengthMinutes: 60, chat: usualChatHours, rule: longer },
      ...{ streamId: first!.id, userId: people.host.id, formKey: randomUUID(), days: daysOf(longer) },
      ...{ seriesId: series.seriesId, seriesVersion: following.series.editVersion },
      ...{ streamVersion: following.streamVersion, ownToo: false },
    });
    expect(changed).toMatchObject({ ok: true });
    await planMailings(test.db);
    const { length } = await test.db
      .selectFrom("mailings")
      .select("id")
      .where("kind", "=", "new_stream")
      .execute();
    expect(length).toBe(2);
  });

  it("of a series whose first one was cancelled, or is over, while a letter waited are told of as the next one", async () => {
    for (const gone of ["cancelled", "over"]) {
      test.letters.length = 0;
      const { person, people, space, experience } = await insertFollowed();
      await atNoon(person, "25 hours");
      const { rows: days } = await sql<{ day: string }>`
        select to_char(now() + interval '2 days', 'YYYY-MM-DD') as day
      `.execute(test.db);
      const rule: SeriesRule = {
        ...{ repeats: "weekly", firstDay: days[0]!.day, clock: "20:00", timeZone: "Europe/Berlin" },
        ...{ untilDay: null, times: 4 },
      };
      const series = await insertSeries(test.db, {
        ...{ title: "Critique", description: "", lengthMinutes: 60, chat: usualChatHours, rule },
        ...{ userId: people.host.id, spaceId: space.id, experienceId: experience.id, formKey: randomUUID() },
      });
      if (!series.ok) throw new Error(series.reason);
      await makeDue(test.db, series.streamId!, "new_stream");
      if (gone === "cancelled") await setStatus(series.streamId!, "cancelled");
      else await move(series.streamId!, ago("1 minute"));
      await sendNews();
      expect(subjectsTo(person), gone).toEqual([expect.stringContaining("New from A space: Critique")]);
    }
  });

  it("that start within minutes are told of before they do", async () => {
    const { person, people, experience } = await insertFollowed();
    const made = await insertStream(test.db, {
      ...{ experienceId: experience.id, createdBy: people.owner.id, startsAt: inFuture("5 minutes") },
    });
    await planMailings(test.db);
    const { rows } = await sql<{ early: boolean }>`
      select g.due_at < s.starts_at as early from mailings g join streams s on s.id = g.stream_id
      where g.kind = 'new_stream' and s.id = ${made.id}
    `.execute(test.db);
    expect(rows).toEqual([{ early: true }]);
    await sendNews();
    expect(subjectsTo(person)).toHaveLength(1);
  });

  it("are not told of to somebody who was banned meanwhile, nor to who follows something else", async () => {
    const { person, people, space, schedule } = await insertFollowed();
    const elsewhere = await insertExperience(test.db, { spaceId: space.id });
    const other = await insertUser(test.db);
    await follow(test.db, { personId: other.id, spaceId: space.id, experienceId: elsewhere.id });
    const stream = await schedule("One");
    await deliver(test.services);
    await ban(test.db, { spaceId: space.id, userId: person.id, by: people.owner.id });
    await waitOut(test.db);
    await deliver(test.services);
    expect(test.letters).toEqual([]);
    expect(await fatesOf(test.db, stream.id, person.id)).toEqual(["new_stream: skipped banned"]);
    expect(await fatesOf(test.db, stream.id, other.id)).toEqual([]);
  });

  it("are not told of once they are cancelled, nor to who does not follow any more", async () => {
    const { person, schedule } = await insertFollowed();
    const stream = await schedule("One");
    await setStatus(stream.id, "cancelled");
    await deliver(test.services);
    await schedule("Two");
    await claimDue(test.db, 10);
    await test.db.deleteFrom("follows").execute();
    await waitOut(test.db);
    await deliver(test.services);
    expect(lettersTo(person)).toEqual([]);
  });
});

describe("somebody who has unsubscribed", () => {
  it("gets no mail of that kind again, and other mail still", async () => {
    const { stream, viewer } = await insertComing();
    await stopMail(test.db, viewer.id, "reminder");
    await makeDue(test.db, stream.id, "reminder");
    await setStatus(stream.id, "cancelled");
    await planMailings(test.db);
    await deliver(test.services);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toContain("reminder 10: skipped unsubscribed");
    expect(subjectsTo(viewer)).toEqual(["Cancelled: A stream"]);
  });

  it("from what they had chosen sees that it is chosen no more, so that saving other choices does not bring it back", async () => {
    const { viewer } = await insertComing();
    const chosen = { reminderMinutes: null, newStreams: "daily", stopped: [], allStopped: false } as const;
    await updateChoices(test.db, viewer.id, { ...chosen, stopped: [], live: true });
    await stopMail(test.db, viewer.id, "reminder");
    expect(await findChoices(test.db, viewer.id)).toMatchObject({ live: true, stopped: ["reminder"] });
    await stopMail(test.db, viewer.id, "live");
    expect(await findChoices(test.db, viewer.id)).toMatchObject({ live: false });
  });

  it("from everything gets nothing about streams", async () => {
    const { stream, viewer } = await insertComing();
    await stopMail(test.db, viewer.id, "all");
    await makeDue(test.db, stream.id, "reminder");
    await setStatus(stream.id, "cancelled");
    await planMailings(test.db);
    await deliver(test.services);
    expect(test.letters).toEqual([]);
  });
});

/** A worker whose mail server is away. */
const withoutServer = () => ({
  ...test.services,
  mailer: createMailer({ url: "smtp://127.0.0.1:9", from: "us@example.com" }),
});

describe("a mail server", () => {
  it("that is away is asked again, and gets everything once when it is back", async () => {
    const { stream, viewer } = await insertComing({ startsAt: inFuture("8 minutes") });
    const others = await Promise.all(Array.from({ length: 30 }, () => insertUser(test.db)));
    for (const { id } of others) await come(test.db, stream.id, id);
    await planMailings(test.db);
    await sql`
      insert into mailings (kind, stream_id, schedule_version, minutes_before, due_at, expires_at)
      select 'reminder', id, 1, 10, now(), starts_at + interval '15 minutes' from streams where id = ${stream.id}
    `.execute(test.db);
    const away = withoutServer();
    expect(await deliver(away)).toEqual({ sent: 0, away: true });
    away.mailer.close();
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["reminder 10: waits mail_server_away"]);
    await waitOut(test.db);
    await deliver(test.services);
    expect(test.letters).toHaveLength(31);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["reminder 10: sent"]);
  });

  it("that is away until a quarter of an hour after the start gets nothing any more, and the reason stands there", async () => {
    const { stream, viewer } = await insertComing({ startsAt: ago("10 minutes") });
    await sql`
      insert into mailings (kind, stream_id, schedule_version, minutes_before, due_at, expires_at)
      select 'reminder', id, 1, 10, now(), starts_at + interval '15 minutes' from streams where id = ${stream.id}
    `.execute(test.db);
    const away = withoutServer();
    await deliver(away);
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["reminder 10: waits mail_server_away"]);
    await sql`update mailings set expires_at = now() - interval '1 second' where kind = 'reminder'`.execute(
      test.db,
    );
    await waitOut(test.db);
    await deliver(away);
    away.mailer.close();
    expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["reminder 10: skipped mail_server_away"]);
    await waitOut(test.db);
    await deliver(test.services);
    expect(test.letters).toEqual([]);
  });
});

it("what a worker had claimed when it died is sent by the next one", async () => {
  const { stream, viewer } = await insertComing();
  await makeDue(test.db, stream.id, "reminder", 10);
  expect(await claimDue(test.db, 10)).toHaveLength(1);
  await deliver(test.services);
  expect(test.letters).toEqual([]);
  await waitOut(test.db);
  await deliver(test.services);
  expect(await fatesOf(test.db, stream.id, viewer.id)).toEqual(["reminder 10: sent"]);
});

it("while letters go out slowly, what happens to other streams is planned", async () => {
  const { stream } = await insertComing();
  for (let index = 0; index < 20; index++) await come(test.db, stream.id, (await insertUser(test.db)).id);
  await makeDue(test.db, stream.id, "reminder", 10);
  let sent = 0;
  const slow = {
    ...test.services,
    mailer: {
      ...test.services.mailer,
      async send() {
        await pause(600);
        sent += 1;
      },
    },
  };
  const mail = startMail(slow);
  const { stream: other } = await insertComing();
  const planned = async () =>
    (await sql`select from mailings where stream_id = ${other.id}`.execute(test.db)).rows.length;
  await expect.poll(planned, { timeout: 5_000 }).toBeGreaterThan(0);
  expect(sent).toBeLessThan(21);
  await mail.stop();
});

it("letters go out at the provider's rate, and no faster", async () => {
  const slow = { ...test.services, config: structuredClone(test.services.config) };
  slow.config.mail.perSecond = 5;
  const { stream } = await insertComing();
  for (let index = 0; index < 11; index++) await come(test.db, stream.id, (await insertUser(test.db)).id);
  await makeDue(test.db, stream.id, "reminder", 10);
  const began = performance.now();
  await Promise.all([deliver(slow), deliver(slow)]);
  // Twelve letters, five a second, by four hands: before the last five there are seven.
  expect(performance.now() - began).toBeGreaterThan(1_300);
  expect(test.letters).toHaveLength(12);
});
