import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deleteByRule, setRecordingDays, warnByRule } from "#app/domain/recordings/space-rule.ts";
import { findSpaceStorage } from "#app/domain/recordings/space-storage.ts";
import { deleteRecording, restoreRecording } from "#app/domain/recordings/withholding.ts";
import { serviceError } from "#app/services/service-error.ts";
import { insertMember, insertUser } from "#tests/factories.ts";
import { recordingRuleMail } from "#worker/handlers/recording-rule-mail.ts";
import { browse } from "./pages.ts";
import { exportRows, insertReplay, recordingRow } from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);

type House = Awaited<ReturnType<typeof openHouse>>;

async function openHouse(days: number | null = 30) {
  const house = await insertReplay(web.services, { exports: false });
  if (days !== null) await setRecordingDays(web.db, { spaceId: house.space.id, days });
  const page = `/account/space/recordings?space=${house.space.slug}`;
  return { ...house, page, owner: await cookieOf(house.people.owner) };
}

const set = ({ recordingId }: House, column: "ready_at" | "warned_at", ago: string) =>
  web.db
    .updateTable("streaming_recordings")
    .set({ [column]: sql<Date>`now() - ${ago}::interval` })
    .where("id", "=", recordingId)
    .execute();

const lettersTo = ({ people }: House) =>
  web.letters
    .filter(({ to }) => to.includes(people.owner!.email))
    .map(({ raw }) => raw.replaceAll("=\r\n", ""));

const row = (house: House) => recordingRow(web.db, house.recordingId);
const warn = ({ space }: House) => recordingRuleMail(web.services, { spaceId: space.id });
const waitingLetters = async ({ space }: House) => {
  const { rows } = await sql`
    select id from pgboss.job where name = 'recording.rule-mail' and data->>'spaceId' = ${space.id}
  `.execute(web.db);
  return rows.length;
};

describe("the rule of a space for its recordings", () => {
  it("keeps everything unless somebody sets one", async () => {
    const house = await openHouse(null);
    await set(house, "ready_at", "9 years");
    await warnByRule(web.db, web.services.queue);
    await deleteByRule(web.db);
    expect(await waitingLetters(house)).toBe(0);
    expect((await row(house)).deleted_at).toBeNull();
  });

  it("has its owners written to a week before, once, and deletes nothing before that", async () => {
    const house = await openHouse(30);
    const second = await insertUser(web.db);
    await insertMember(web.db, { spaceId: house.space.id, userId: second.id, role: "owner" });
    await set(house, "ready_at", "22 days");
    await warnByRule(web.db, web.services.queue);
    expect(await waitingLetters(house)).toBe(0);
    await warn(house);
    expect(lettersTo(house)).toEqual([]);

    await set(house, "ready_at", "24 days");
    await warnByRule(web.db, web.services.queue);
    await warnByRule(web.db, web.services.queue);
    expect(await waitingLetters(house)).toBeGreaterThan(0);
    await warn(house);
    await warn(house);
    const letters = lettersTo(house);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toContain(`Subject: One recording of ${house.space.name} will be deleted`);
    expect(letters[0]).toContain(`/account/streams/${house.streamId}/recording`);
    expect(letters[0]).toContain(`/account/streams/${house.streamId}/recording#keeping`);
    expect(letters[0]).toContain('press "Keep it" on its page before');
    expect(letters[0]).toContain("keeps its recordings for 30 days");
    expect(web.letters.filter(({ to }) => to.includes(second.email))).toHaveLength(1);
    await deleteByRule(web.db);
    expect((await row(house)).deleted_at).toBeNull();

    await set(house, "ready_at", "31 days");
    await deleteByRule(web.db);
    expect((await row(house)).deleted_at).toBeNull();
    await set(house, "warned_at", "7 days 1 minute");
    await deleteByRule(web.db);
    await deleteByRule(web.db);
    expect(await row(house)).toMatchObject({ deleted_at: expect.any(Date), deleted_by: null });
  });

  it("tells of one that is old already, and gives it a week", async () => {
    const house = await openHouse(30);
    await set(house, "ready_at", "400 days");
    await deleteByRule(web.db);
    expect((await row(house)).deleted_at).toBeNull();
    await warn(house);
    const inAWeek = new Date(Date.now() + 7 * 86_400_000);
    const day = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", dateStyle: "long" }).format(inAWeek);
    expect(lettersTo(house)[0]).toContain(`deleted on ${day}`);
  });

  it("does not delete again what was restored", async () => {
    const house = await openHouse(30);
    await set(house, "ready_at", "60 days");
    await set(house, "warned_at", "8 days");
    await deleteByRule(web.db);
    expect(await restoreRecording(web.db, web.services.queue, house)).toBe(true);
    await deleteByRule(web.db);
    await set(house, "warned_at", "30 days");
    await deleteByRule(web.db);
    expect(await row(house)).toMatchObject({ deleted_at: null, kept: true });
  });

  it("tells anew of what somebody had deleted and restored, before it deletes it", async () => {
    const house = await openHouse(30);
    await set(house, "ready_at", "60 days");
    await set(house, "warned_at", "8 days");
    await deleteRecording(web.db, { recordingId: house.recordingId, userId: house.people.owner!.id });
    await restoreRecording(web.db, web.services.queue, house);
    await deleteByRule(web.db);
    expect(await row(house)).toMatchObject({ deleted_at: null, warned_at: null, kept: false });
    await warn(house);
    expect(lettersTo(house)).toHaveLength(1);
    // One that is restored after the rule was changed was told about by no rule that there is.
    await deleteRecording(web.db, { recordingId: house.recordingId, userId: house.people.owner!.id });
    await setRecordingDays(web.db, { spaceId: house.space.id, days: 20 });
    expect((await row(house)).warned_at).toBeNull();
  });

  it("is told about once by two workers at once, and again where no letter could be sent", async () => {
    const house = await openHouse(30);
    await set(house, "ready_at", "60 days");
    const { mailer } = web.services;
    const sent: unknown[] = [];
    let fails = true;
    const slow = {
      ...mailer,
      async send(letter: Parameters<typeof mailer.send>[0]) {
        if (fails) throw serviceError("mail", "away", { retryable: true });
        await new Promise((resolve) => setTimeout(resolve, 300));
        sent.push(letter.to);
      },
    };
    const tell = () => recordingRuleMail({ ...web.services, mailer: slow }, { spaceId: house.space.id });
    await expect(tell()).rejects.toThrow("away");
    fails = false;
    await Promise.all([tell(), tell(), tell()]);
    expect(sent).toHaveLength(1);
    expect((await row(house)).warned_at).not.toBeNull();
  });

  it("that is changed while the letter is sent is not what was told", async () => {
    const house = await openHouse(30);
    await set(house, "ready_at", "60 days");
    const { mailer } = web.services;
    const change = {
      ...mailer,
      send: async () => void (await setRecordingDays(web.db, { spaceId: house.space.id, days: 20 })),
    };
    await recordingRuleMail(
      { ...web.services, mailer: change as typeof mailer },
      { spaceId: house.space.id },
    );
    expect(await row(house)).toMatchObject({ warned_at: null, telling_until: null });
  });

  it("deletes what holds nothing without a word, and tells nobody where no owner is left", async () => {
    const [empty, left] = [await openHouse(30), await openHouse(30)];
    await sql`update streaming_recordings set status = 'failed', ready_at = null, failed_at = now() - interval '60 days'
      where id = ${empty.recordingId}::uuid`.execute(web.db);
    await sql`delete from streaming_recording_segments g using streaming_recording_attempts a
      where a.id = g.attempt_id and a.recording_id = ${empty.recordingId}::uuid`.execute(web.db);
    expect(await findSpaceStorage(web.db, empty.space.id)).toMatchObject({ recordings: 0, recordedBytes: 0 });
    await set(left, "ready_at", "60 days");
    await sql`update users set disabled_at = now() where id = ${left.people.owner!.id}::uuid`.execute(web.db);
    await warnByRule(web.db, web.services.queue);
    await warn(empty);
    await warn(left);
    expect(lettersTo(empty)).toEqual([]);
    expect([await waitingLetters(empty), await waitingLetters(left)]).toEqual([0, 0]);
    await deleteByRule(web.db);
    expect((await row(empty)).deleted_at).not.toBeNull();
    expect((await row(left)).deleted_at).toBeNull();
  });

  it("that is changed is told about anew", async () => {
    const house = await openHouse(30);
    await set(house, "ready_at", "60 days");
    await set(house, "warned_at", "8 days");
    await setRecordingDays(web.db, { spaceId: house.space.id, days: 40 });
    await deleteByRule(web.db);
    expect(await row(house)).toMatchObject({ deleted_at: null, warned_at: null });
  });

  it("that takes back that all is kept deletes nothing before a letter, and not before the day that it names", async () => {
    const house = await openHouse(30);
    const { id: spaceId } = house.space;
    await set(house, "ready_at", "60 days");
    await set(house, "warned_at", "8 days");
    await setRecordingDays(web.db, { spaceId, days: null });
    await setRecordingDays(web.db, { spaceId, days: 30 });
    await deleteByRule(web.db);
    expect(await row(house)).toMatchObject({ deleted_at: null, warned_at: null });
    await warn(house);
    const [, named] = /deleted on (\d+ \w+ \d{4})/.exec(lettersTo(house)[0]!)!;
    await set(house, "warned_at", "6 days 23 hours 59 minutes");
    await deleteByRule(web.db);
    expect((await row(house)).deleted_at).toBeNull();
    await set(house, "warned_at", "7 days 1 second");
    await deleteByRule(web.db);
    expect((await row(house)).deleted_at).not.toBeNull();
    // What was written a moment ago names the day on which a week has passed.
    const inAWeek = Date.now() + 7 * 86_400_000;
    expect(Math.abs(Date.parse(`${named!} UTC`) - inAWeek)).toBeLessThan(86_400_000 + 60_000);
  });

  it("is for its own space, and no letter about what was deleted is sent", async () => {
    const [house, other] = [await openHouse(30), await openHouse(null)];
    await set(house, "ready_at", "60 days");
    await set(other, "ready_at", "60 days");
    await deleteRecording(web.db, { recordingId: house.recordingId, userId: house.people.owner!.id });
    await warn(house);
    await warn(other);
    expect([...lettersTo(house), ...lettersTo(other)]).toEqual([]);
  });
});

describe("the page of a space's recordings", () => {
  it("says what they take, with what can still be restored", async () => {
    const house = await openHouse(null);
    const { bytes } = await row(house);
    await web.db
      .updateTable("streaming_recording_exports")
      .set({ key: "exports/x.mp4", bytes: 5_000_000, status: "ready" })
      .where("recording_id", "=", house.recordingId)
      .where("kind", "=", "mp4")
      .execute();
    const spaceId = house.space.id;
    expect(await findSpaceStorage(web.db, spaceId)).toEqual({
      recordings: 1,
      recordedBytes: bytes,
      exportedBytes: 5_000_000,
      deletedBytes: 0,
    });
    await deleteRecording(web.db, { recordingId: house.recordingId, userId: house.people.owner!.id });
    expect((await findSpaceStorage(web.db, spaceId)).deletedBytes).toBe(bytes + 5_000_000);
    const { words } = await visit(house.page, house.owner);
    expect(words).toContain("Deleted, and can be restored");
    await sql`update streaming_recordings set removed_at = now() where id = ${house.recordingId}::uuid`.execute(
      web.db,
    );
    expect(await findSpaceStorage(web.db, spaceId)).toMatchObject({ recordings: 0, recordedBytes: 0 });
    expect(await exportRows(web.db, house.recordingId)).toHaveLength(3);
  });

  it("lists them with their size, and what goes when", async () => {
    const house = await openHouse(null);
    const title = async () =>
      (await visit(house.page, house.owner)).words.replace(/^.*Recording Size Kept/, "");
    expect(await title()).toMatch(/kB Until somebody deletes it/);
    await setRecordingDays(web.db, { spaceId: house.space.id, days: 30 });
    expect(await title()).toMatch(/kB Deleted on/);
    await deleteRecording(web.db, { recordingId: house.recordingId, userId: house.people.owner!.id });
    expect(await title()).toMatch(/kB Deleted, can be restored until/);
    await sql`update streaming_recordings set removed_at = now() where id = ${house.recordingId}::uuid`.execute(
      web.db,
    );
    expect((await visit(house.page, house.owner)).words).not.toContain("Recordings of the space");
  });

  it("counts all objects of an export, broken segments and captions", async () => {
    const house = await openHouse(null);
    const { bytes } = await row(house);
    await web.db
      .updateTable("streaming_recording_exports")
      .set({ key: "exports/x/large.jpg", bytes: 5000, stored_bytes: 9000, status: "ready" })
      .where("recording_id", "=", house.recordingId)
      .where("kind", "=", "poster")
      .execute();
    await sql`
      insert into streaming_recording_segments (attempt_id, number, key, bytes, first_pts, duration_ticks, problem)
      select id, 900, 'x', 700, 0, 0, 'garbage' from streaming_recording_attempts
      where recording_id = ${house.recordingId}::uuid and number = 1
    `.execute(web.db);
    await sql`
      insert into streaming_recording_captions (recording_id, language, vtt, bytes, cues, ends_ms, added_by)
      values (${house.recordingId}::uuid, 'de', 'WEBVTT', 30, 0, 0, ${house.people.host.id}::uuid)
    `.execute(web.db);
    expect(await findSpaceStorage(web.db, house.space.id)).toMatchObject({
      recordedBytes: bytes + 700,
      exportedBytes: 9030,
    });
  });

  it("counts what is being recorded right now", async () => {
    const house = await openHouse(null);
    const { bytes } = await row(house);
    await web.db
      .updateTable("streaming_recordings")
      .set({ status: "stopping", ready_at: null, bytes: 0 })
      .where("id", "=", house.recordingId)
      .execute();
    expect((await findSpaceStorage(web.db, house.space.id)).recordedBytes).toBe(bytes);
  });

  it("takes a rule from an owner, and says what is wrong with one", async () => {
    const house = await openHouse(null);
    const days = async () =>
      (
        await web.db
          .selectFrom("spaces")
          .select("recording_days")
          .where("id", "=", house.space.id)
          .executeTakeFirstOrThrow()
      ).recording_days;
    for (const typed of ["", "13", "3651", "0", "-20", "30.5", "1e2", "many"]) {
      const answer = await post(house.page, house.owner, { rule: "delete", days: typed });
      expect([typed, answer.status]).toEqual([typed, 400]);
      expect(answer.words).toContain("Write after how many days, a whole number from 14 to 3650.");
    }
    expect((await post(house.page, house.owner, { rule: "burn" })).words).toContain("Choose one of the two.");
    expect(await days()).toBeNull();
    const saved = await post(house.page, house.owner, { rule: "delete", days: "90" });
    expect((await visit(saved.location!, house.owner)).words).toContain("Saved.");
    expect(await days()).toBe(90);
    const host = await cookieOf(house.people.host);
    expect((await visit(house.page, host)).words).toContain("Recordings are deleted after 90 days.");
    expect((await post(house.page, host, { rule: "keep" })).status).toBe(403);
    await post(house.page, house.owner, { rule: "keep", days: "" });
    expect(await days()).toBeNull();
  });
});
