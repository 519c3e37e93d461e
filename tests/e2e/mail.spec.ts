import { sql } from "kysely";
import type { Page } from "@playwright/test";
import { insertPeople, unique } from "#tests/factories.ts";
import { readCalendar } from "#tests/read-calendar.ts";
import { expect, expectLooks, test } from "./world.ts";

type Letter = { id: string; to: { address: string }[]; subject: string; text: string };

const mailServer = process.env.MAIL_WEB_URL ?? "";

/** The letters to somebody in their order, as the mail server shows them. */
async function lettersTo(address: string): Promise<Letter[]> {
  const all = (await (await fetch(`${mailServer}/api/email`)).json()) as Letter[];
  return all.filter(({ to }) => to.some((one) => one.address === address));
}

/** What is at the end of its header `List-Unsubscribe`: where a mailbox's own button posts to. */
async function oneClickOf({ id }: Letter): Promise<string> {
  const source = await (await fetch(`${mailServer}/api/email/${id}/source`)).text();
  const unfolded = source.replaceAll(/\r?\n[ \t]+/g, " ");
  expect(unfolded).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\s*$/m);
  return /^List-Unsubscribe: *<([^>]+)>/m.exec(unfolded)![1]!;
}

/** The beginnings of the subjects of the letters to somebody: what they are. */
const kindsTo = async (address: string) =>
  (await lettersTo(address)).map(
    ({ subject }) => /^(You are coming|Reminder|Moved|Cancelled)/.exec(subject)?.[1] ?? subject,
  );

const told = (address: string, kinds: string[]) =>
  expect.poll(() => kindsTo(address), { timeout: 60_000 }).toEqual(kinds);

async function readEntry(page: Page, path: string) {
  const answer = await page.request.get(`${path}/calendar.ics`);
  return readCalendar(await answer.text()).entries[0]!;
}

test("a stream is scheduled, people come and are reminded once, told that it moves and is cancelled; one press stops that", async ({
  person,
  db,
}) => {
  const { people, experience } = await insertPeople(db, { status: "ended" });
  const { viewer, stranger: other } = people;
  const title = unique("Stream");
  const host = await (await person({ userId: people.host.id })).newPage();
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  await host.goto("/account/streams/new");
  await host.getByLabel("Title").fill(title);
  await host.getByLabel("Day", { exact: true }).fill(inDays(5));
  await host.getByLabel("Time", { exact: true }).fill("20:00");
  await host.getByLabel("Time zone").selectOption("Europe/Berlin");
  await host.getByRole("button", { name: "Schedule" }).click();
  await expect(host.getByText("is scheduled")).toBeVisible();
  const stream = await db
    .selectFrom("streams as s")
    .innerJoin("experiences as e", "e.id", "s.experience_id")
    .innerJoin("spaces as sp", "sp.id", "e.space_id")
    .select(["s.id", sql<string>`concat_ws('/', '', sp.slug, e.slug, 'streams', s.slug)`.as("path")])
    .where("s.experience_id", "=", experience.id)
    .where("s.title", "=", title)
    .executeTakeFirstOrThrow();

  const page = await (await person({ userId: viewer.id })).newPage();
  const plain = await (await person({ userId: other.id, script: false })).newPage();
  for (const one of [page, plain]) {
    await one.goto(stream.path);
    await one.getByRole("button", { name: "I'm coming", exact: true }).click();
    await expect(one.getByRole("button", { name: "I'm not coming", exact: true })).toBeVisible();
  }
  await told(viewer.email, ["You are coming"]);
  await told(other.email, ["You are coming"]);
  const entry = await readEntry(page, stream.path);
  expect(entry).toMatchObject({ title, sequence: 0, status: "CONFIRMED" });

  // Somebody looks a day before.
  await sql`
    update mailings set due_at = clock_timestamp()
    where stream_id = ${stream.id}::uuid and kind = 'reminder' and minutes_before = 1440`.execute(db);
  await told(viewer.email, ["You are coming", "Reminder"]);
  await told(other.email, ["You are coming", "Reminder"]);

  await host.goto(`/account/streams/${stream.id}/edit`);
  await host.getByLabel("Day", { exact: true }).fill(inDays(6));
  await host.getByLabel("Time", { exact: true }).fill("20:17");
  await host.getByRole("button", { name: /^Save/ }).click();
  await expect(host).not.toHaveURL(/\/edit$/);
  await told(viewer.email, ["You are coming", "Reminder", "Moved"]);
  const moved = (await lettersTo(viewer.email)).at(-1)!;
  expect(moved.text).toMatch(/It now starts[\s\S]*20:17[\s\S]*Before, it was to start[\s\S]*20:00/);
  const movedEntry = await readEntry(page, stream.path);
  expect(movedEntry).toMatchObject({ uid: entry.uid, sequence: 1, status: "CONFIRMED" });
  expect(movedEntry.startsAt.getTime() - entry.startsAt.getTime()).toBeGreaterThan(20 * 3_600_000);
  await host.goto(`/account/streams/${stream.id}/mail`);
  await expect(host.getByRole("row", { name: /^Moved/ })).toContainText("2");
  await expectLooks(host);

  // The address in a letter asks; without scripts and without a sign-in its button stops that kind of mail.
  const nobody = await (await person({ script: false })).newPage();
  const stop = /https?:\S+\/mail\/unsubscribe\/\S+/.exec(moved.text)![0];
  await nobody.goto(new URL(stop).pathname);
  await expect(nobody.getByRole("heading", { level: 1 })).toHaveText("Stop changes?");
  await expectLooks(nobody, { script: false });
  await nobody.getByRole("button", { name: "Stop changes" }).click();
  await expect(nobody.getByRole("status")).toContainText("You get no more changes");
  await expectLooks(nobody, { script: false });

  await host.goto(`/account/streams/${stream.id}/cancel`);
  await host.getByRole("button", { name: "Cancel the stream" }).click();
  await told(other.email, ["You are coming", "Reminder", "Moved", "Cancelled"]);
  expect(await readEntry(page, stream.path)).toMatchObject({
    uid: entry.uid,
    sequence: 2,
    status: "CANCELLED",
  });
  await host.goto(`/account/streams/${stream.id}/mail`);
  await expect(host.getByText("They have unsubscribed from this kind of mail.")).toBeVisible();
  expect(await kindsTo(viewer.email)).toEqual(["You are coming", "Reminder", "Moved"]);

  // A mailbox's own button: one press, from a program that has no session.
  const oneClick = await oneClickOf((await lettersTo(other.email)).at(-1)!);
  const answer = await fetch(new URL(new URL(oneClick).pathname, test.info().project.use.baseURL), {
    method: "POST",
    body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }),
  });
  expect(answer.status).toBe(200);
  await plain.goto("/account/mail");
  await expect(plain.getByRole("checkbox", { name: /^Changes/ })).not.toBeChecked();
  await expectLooks(plain, { script: false });
});
