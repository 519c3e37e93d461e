import { sql } from "kysely";
import type { Db } from "#db/client.ts";
import { inFuture, insertPeople, insertStream, unique } from "#tests/factories.ts";
import { expect, expectLooks, test } from "./world.ts";

type Letter = { to: { address: string }[]; subject: string; text: string };

/** The subjects of the letters to somebody, as the mail server shows them. */
async function lettersTo(address: string): Promise<Letter[]> {
  const all = (await (await fetch(`${process.env.MAIL_WEB_URL}/api/email`)).json()) as Letter[];
  return all.filter(({ to }) => to.some((one) => one.address === address));
}

/** What they are, in their order. */
const kindsTo = async (address: string) =>
  (await lettersTo(address)).map(
    ({ subject }) => /^(You are coming|Reminder|Moved|Cancelled)/.exec(subject)?.[1],
  );

const say = (db: Db, streamId: string, personId: string) =>
  db.insertInto("coming").values({ stream_id: streamId, person_id: personId }).execute();

test("who is coming is confirmed, reminded once, told of another time and of the end of it; one press stops it", async ({
  person,
  db,
}) => {
  const { people, experience } = await insertPeople(db, { status: "ended" });
  const title = unique("Stream");
  const stream = await insertStream(db, {
    experienceId: experience.id,
    createdBy: people.owner.id,
    startsAt: inFuture("3 days"),
    title,
  });
  const [viewer, other] = [people.viewer!, people.stranger!];
  await say(db, stream.id, viewer.id);
  await say(db, stream.id, other.id);
  const told = (address: string, kinds: string[]) =>
    expect.poll(() => kindsTo(address), { timeout: 60_000 }).toEqual(kinds);
  await told(viewer.email, ["You are coming"]);
  await told(other.email, ["You are coming"]);

  // A day before.
  await sql`
    update mailings set due_at = clock_timestamp()
    where stream_id = ${stream.id} and kind = 'reminder' and minutes_before = 1440`.execute(db);
  await told(viewer.email, ["You are coming", "Reminder"]);

  // Its host moves it by a form, and sees what was sent.
  const host = await (await person({ userId: people.host!.id })).newPage();
  await host.goto(`/account/streams/${stream.id}/edit`);
  await host.getByLabel("Time", { exact: true }).fill("03:17");
  await host.getByRole("button", { name: /^Save/ }).click();
  await told(viewer.email, ["You are coming", "Reminder", "Moved"]);
  const moved = (await lettersTo(viewer.email)).at(-1)!;
  expect(moved.text).toMatch(/It now starts\s+Tuesday 1 January 2030, 03:17/);
  expect(moved.text).toContain("Before, it was to start");
  await host.goto(`/account/streams/${stream.id}/mail`);
  await expect(host.getByRole("row", { name: /^Moved/ })).toContainText("2");
  await expectLooks(host);

  // The address in the letter only asks; its button stops that kind of mail, without scripts and without a sign-in.
  const nobody = await (await person({ script: false })).newPage();
  const stop = /https?:\S+\/mail\/unsubscribe\/\S+/.exec(moved.text)![0];
  await nobody.goto(new URL(stop).pathname);
  await expect(nobody.getByRole("heading", { level: 1 })).toHaveText("Stop changes?");
  await expectLooks(nobody);
  await nobody.getByRole("button", { name: "Stop changes" }).click();
  await expect(nobody.getByRole("status")).toContainText("You get no more changes");

  await host.goto(`/account/streams/${stream.id}/cancel`);
  await host.getByRole("button", { name: "Cancel the stream" }).click();
  await told(other.email, ["You are coming", "Reminder", "Moved", "Cancelled"]);
  expect(await kindsTo(viewer.email)).toEqual(["You are coming", "Reminder", "Moved"]);
  await host.goto(`/account/streams/${stream.id}/mail`);
  await expect(host.getByText("They have unsubscribed from this kind of mail.")).toBeVisible();
});
