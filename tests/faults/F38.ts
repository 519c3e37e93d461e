import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { nextClockChange } from "#tests/clock-changes.ts";
import { insertPeople, signIn } from "#tests/factories.ts";
import { readCalendar } from "#tests/read-calendar.ts";
import type { Fault, Tools } from "./fault.ts";
import { lettersAbout } from "./mail-tools.ts";
import { promise, until } from "./studio-tools.ts";

export const name = "F38";
export const title =
  "Clocks change: times that do not exist or come twice, renamed zones, a series over the change, viewers elsewhere";

const hourMs = 3_600_000;

/** Of zones under names that they had before, and under which we keep them. */
const renamed = {
  "Europe/Kiev": "Europe/Kyiv",
  "US/Pacific": "America/Los_Angeles",
  "Asia/Calcutta": "Asia/Kolkata",
};

export const run: Fault["run"] = async (tools) => {
  const { db, say } = tools;
  const house = await insertPeople(db, { status: "ended" });
  const { experience, people } = house;
  const host = await askAs(tools, people.host.id);
  const viewer = await askAs(tools, people.viewer.id);
  await db
    .updateTable("users")
    .set({ time_zone: "America/New_York" })
    .where("id", "=", people.viewer.id)
    .execute();
  const form = (title: string, fields: Record<string, string>) => ({
    ...{ formKey: randomUUID(), title, description: "", experience: experience.id, length: "1 h" },
    ...{ zone: "Europe/Berlin", ...fields },
  });
  const schedule = (fields: Record<string, string>) => host("/account/streams/new", fields);
  const streamsOf = (title: string) =>
    db
      .selectFrom("streams")
      .select(["id", "slug", "starts_at", "wall_time", "time_zone"])
      .where("experience_id", "=", experience.id)
      .where("title", "=", title)
      .orderBy("starts_at")
      .execute();
  const pathOf = (slug: string) => house.path.replace(/[^/]+$/, slug);

  say("scheduling at 02:30 on the days on which clocks change");
  let asked = 0;
  for (const way of ["forward", "back"] as const) {
    const day = nextClockChange(way);
    const title = `F38 ${way}`;
    const odd = form(title, { day, time: "02:30" });
    const question = await schedule(odd);
    const choices = [...question.html.matchAll(/name="choice" value="([^"]+)"/g)].map(([, value]) => value!);
    promise(question.status === 400 && choices.length === 2, `${way}: it is a question with two answers`);
    promise(
      question.html.includes(way === "forward" ? "does not exist on that day" : "comes twice on that day"),
      `${way}: which says why`,
    );
    promise((await streamsOf(title)).length === 0, `${way}: and nothing is scheduled until it is answered`);
    for (const choice of choices)
      await schedule({ ...odd, formKey: randomUUID(), choice: choice.replaceAll("&#x27;", "'") });
    const made = await streamsOf(title);
    const wallTimes = made.map(({ wall_time }) => wall_time.slice(11)).join(" ");
    promise(
      made.length === 2 && made[1]!.starts_at.getTime() - made[0]!.starts_at.getTime() === hourMs,
      `${way}: the two answers are an hour apart`,
    );
    promise(wallTimes === (way === "forward" ? "01:30 03:30" : "02:30 02:30"), `${way}: ${wallTimes}`);
    for (const stream of made) await promiseSameInCalendar(pathOf(stream.slug), [stream.starts_at]);
    asked += 1;
  }

  say("scheduling in zones that were renamed, and in one that does not exist");
  const day = nextClockChange("back");
  for (const [before, now] of Object.entries(renamed)) {
    const title = `F38 ${before}`;
    await schedule(form(title, { day, time: "20:00", zone: before }));
    const [stream] = await streamsOf(title);
    promise(stream?.time_zone === now, `${before} is kept as ${stream?.time_zone}`);
    const page = await viewer(pathOf(stream!.slug));
    promise(page.status === 200 && page.html.includes(now), `the page of ${before} says ${now}`);
  }
  const nowhere = await schedule(form("F38 nowhere", { day, time: "20:00", zone: "Europe/Atlantis" }));
  promise(
    nowhere.status === 400 && nowhere.html.includes("We know no time zone called Europe/Atlantis"),
    "a zone that does not exist is refused in words",
  );
  // What an earlier machine knew under a name that this one has never heard of.
  const [lost] = await streamsOf("F38 US/Pacific");
  await db.updateTable("streams").set({ time_zone: "Europe/Atlantis" }).where("id", "=", lost!.id).execute();
  for (const ask of [viewer, host])
    promise((await ask(pathOf(lost!.slug))).status === 200, "a stored zone that is unknown breaks no page");
  await promiseSameInCalendar(pathOf(lost!.slug), [lost!.starts_at]);

  say("a weekly series over both changes");
  const series: string[] = [];
  for (const way of ["forward", "back"] as const) {
    const change = nextClockChange(way);
    const title = `F38 every week ${way}`;
    const first = new Date(Date.parse(`${change}T00:00:00Z`) - 14 * 24 * hourMs).toISOString().slice(0, 10);
    const begin = first > new Date().toISOString().slice(0, 10) ? first : change;
    const fields = form(title, { day: begin, time: "02:30", repeats: "weekly", until: "", times: "4" });
    const looked = await schedule(fields);
    const seen = /name="seen"[^>]*value="([^"]*)"/.exec(looked.html)?.[1]?.replaceAll("&amp;", "&") ?? "";
    await schedule({ ...fields, seen });
    const made = await streamsOf(title);
    const clocks = made.map(({ wall_time }) => wall_time);
    promise(made.length === 4, `${way}: all four are there (${clocks.join(", ")})`);
    for (const { wall_time } of made) {
      const expected = way === "forward" && wall_time.startsWith(change) ? "03:30" : "02:30";
      promise(wall_time.endsWith(expected), `${way}: ${wall_time} is at ${expected} on the wall`);
    }
    const hours = made
      .slice(1)
      .map(({ starts_at }, at) => (starts_at.getTime() - made[at]!.starts_at.getTime()) / hourMs);
    promise(new Set(hours).size > 1, `${way}: the instants follow the clocks (${hours.join(", ")} h apart)`);
    for (const stream of made) await promiseSameInCalendar(pathOf(stream.slug), [stream.starts_at]);
    series.push(hours.join(", "));
  }

  say("somebody in New York comes, is told in both zones, and reminded by the instant");
  const [stream] = await streamsOf("F38 back");
  const page = await viewer(pathOf(stream!.slug));
  promise(
    page.html.includes("Europe/Berlin") && page.html.includes("America/New_York"),
    "the page says when it is in both zones",
  );
  await viewer(`${pathOf(stream!.slug)}/coming`, {});
  const { value: due } = await until(
    () =>
      db
        .selectFrom("mailings")
        .select(["due_at", "minutes_before"])
        .where("stream_id", "=", stream!.id)
        .where("kind", "=", "reminder")
        .where("minutes_before", "is not", null)
        .execute(),
    (rows) => rows.length > 0,
    { seconds: 60, words: "the reminders are planned" },
  );
  for (const { due_at, minutes_before } of due)
    promise(
      stream!.starts_at.getTime() - due_at.getTime() === minutes_before * 60_000,
      `${minutes_before} minutes before are so many by every clock`,
    );
  await sql`
    update mailings set due_at = clock_timestamp()
    where stream_id = ${stream!.id}::uuid and kind = 'reminder' and minutes_before = 1440`.execute(db);
  const { value: letters } = await until(
    () => lettersAbout(tools, "F38 back"),
    (all) => all.some(({ subject }) => subject.startsWith("Reminder")),
    { seconds: 60, words: "the reminder is there" },
  );
  for (const { subject, text = "" } of letters)
    promise(/New.York/.test(text) && text.includes("Berlin"), `“${subject}” says both times`);

  return {
    did: `02:30 on both days, zones named ${Object.keys(renamed).join(", ")}, one unknown; weekly series at 02:30 over both changes; a viewer in New York`,
    saw: `${asked} questions with two answers each, nothing scheduled before they were answered; new names kept; series ${series.join(" and ")} h apart, at 02:30 on the wall, 03:30 where that does not exist; ${letters.length} letters with both times, reminders due by the instant; a calendar reads the same instants`,
  };

  async function promiseSameInCalendar(path: string, starts: Date[]) {
    const file = await viewer(`${path}/calendar.ics`);
    const read = readCalendar(file.html).entries.map(({ startsAt }) => startsAt.getTime());
    promise(
      JSON.stringify(read) === JSON.stringify(starts.map((at) => at.getTime())),
      `a calendar reads ${starts.map((at) => at.toISOString()).join(", ")} for ${path}`,
    );
  }
};

/** Asks for pages and sends forms as somebody, without scripts. */
async function askAs({ db, web }: Tools, userId: string) {
  const { cookie } = await signIn(db, userId);
  return async (path: string, form?: Record<string, string>) => {
    const answer = await fetch(web.url + path, {
      redirect: "manual",
      headers: { cookie, origin: web.url },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
    return { status: answer.status, html: await answer.text() };
  };
}
