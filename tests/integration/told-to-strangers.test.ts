import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedBy } from "#tests/bench/loaded-by.ts";
import { ago, insertPeople, signIn, unique } from "#tests/factories.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
let house: Awaited<ReturnType<typeof insertPeople>>;
/** What the team alone knows: each is a word of its own, so that it is found wherever it stands. */
const secrets = { note: unique("note"), tab: unique("tab"), host: unique("host"), reason: unique("reason") };
const username = unique("mara");

/** One stream in rehearsal, with all that its team has around it. */
beforeAll(async () => {
  web = await startTestWeb();
  const { db } = web;
  house = await insertPeople(db, { status: "rehearsal" });
  const { stream, people } = house;
  await db.updateTable("streams").set({ lobby_note: secrets.note }).where("id", "=", stream.id).execute();
  await db.updateTable("users").set({ name: secrets.host }).where("id", "=", people.host.id).execute();
  await db.insertInto("creators_profiles").values({ user_id: people.owner.id, username }).execute();
  const session = await signIn(db, people.host.id);
  await sql`
    insert into stream_host_leases (stream_id, user_id, session_id, tab, taken_at, seen_at)
    values (${stream.id}, ${people.host.id}, ${session.sessionId}, ${secrets.tab}, now(), now())
  `.execute(db);
  await db
    .insertInto("streaming_recordings")
    .values({ stream_id: stream.id, status: "failed", reason: secrets.reason })
    .execute();
});
afterAll(() => web.close());

/** All names and texts in something that was loaded, each with where it stands. */
function* told(value: unknown, at = ""): Generator<[at: string, told: unknown]> {
  if (value === null || typeof value !== "object") return yield [at, value];
  for (const [name, each] of Object.entries(value)) {
    yield [`${at}.${name}`, name];
    yield* told(each, `${at}.${name}`);
  }
}

/** What only a team is told, or who may watch; empty for everybody else. */
const ofTeam =
  /\.(leaseHolder|reports|note|preparing|hostAbsentSince|endedReason|recording|recorded|lag|waits|leftOut|blanks|liveRecordingId|list|mayHost|own|role|teamRole|chat|viewers|signalUrl|liveFiles)$/;

const pages = {
  "the front page": () => "/_root",
  "what is on": () => "/explore",
  "a space": () => `/${house.space.slug}`,
  "a person": () => `/@${username}`,
  "an experience": () => `/${house.space.slug}/${house.experience.slug}`,
  "a pass": () => `/${house.space.slug}/passes/${house.pass.slug}`,
  "a stream": () => house.path,
};

const files = {
  "the calendar file of a stream": () => `${house.path}/calendar.ics`,
  "the feed of a space": () => `/${house.space.slug}/feed.atom`,
  "the sitemap": () => "/sitemap-1.xml",
};

function hidden() {
  const { people } = house;
  return [
    ...["rehears", ...Object.values(secrets)],
    ...Object.values(people).flatMap((person) => (person ? [person.email, person.id] : [])),
  ];
}

describe("of a stream in rehearsal", () => {
  it.each(Object.entries(pages))("nobody is told a word of the team's by the data of %s", async (_, page) => {
    const loaded = await loadedBy(web.url, page());
    const all = [...told(loaded)];
    // The stream itself is told, or what it belongs to.
    const names = [house.stream.title, house.space.name, house.pass.name];
    expect(all.some(([, text]) => names.includes(text as string))).toBe(true);
    for (const secret of hidden())
      expect(all.filter(([, text]) => String(text).toLowerCase().includes(secret))).toEqual([]);
    const team = all.filter(([at, text]) => ofTeam.test(at) && text !== at.slice(at.lastIndexOf(".") + 1));
    expect(team.filter(([, text]) => ![null, undefined, false, ""].includes(text as string))).toEqual([]);
  });

  it("the team is told, so that the test of nobody looks at something", async () => {
    const { cookie } = await signIn(web.db, house.people.moderator.id);
    const texts = [...told(await loadedBy(web.url, house.path, cookie))].map(([, text]) => text);
    for (const secret of ["rehearsal", secrets.note, secrets.tab, secrets.host, secrets.reason])
      expect(texts).toContain(secret);
  });

  it.each(Object.entries(files))("nobody is told a word of the team's by %s", async (_, file) => {
    const answer = await web.fetch(file());
    expect(answer.status).toBe(200);
    // As it is read: calendars fold their lines.
    const text = (await answer.text()).replaceAll("\r\n ", "").toLowerCase();
    expect(text).toContain(house.path);
    for (const secret of hidden()) expect(text).not.toContain(secret);
  });
});

describe("of a recording", () => {
  const recordings = {
    "that runs": { status: "live", recording: { status: "recording" } },
    "that is hidden": { status: "ended", recording: { status: "ready", hidden_at: ago("1 minute") } },
    "that was deleted": { status: "ended", recording: { status: "ready", deleted_at: ago("1 minute") } },
    "that is still made ready": { status: "ended", recording: { status: "finalizing" } },
    "that failed": { status: "ended", recording: { status: "failed", reason: "The disk was full." } },
  } as const;

  it.each(Object.entries(recordings))(
    "%s strangers hear nothing at all",
    async (_, { status, recording }) => {
      const { db, url } = web;
      const house = await insertPeople(db, { status });
      const read = async (person: { id: string } | null) => {
        const cookie = person ? (await signIn(db, person.id)).cookie : undefined;
        const loaded = Object.values(await loadedBy(url, house.path, cookie)) as Record<string, unknown>[];
        const stream = loaded.find((each) => "recorded" in each)!;
        const { at: _at, userId: _userId, email: _email, ...rest } = stream;
        return rest;
      };
      const { nobody, stranger, viewer } = house.people;
      const before = [await read(nobody), await read(stranger)];
      const ready_at = recording.status === "ready" ? ago("1 minute") : null;
      const values = { stream_id: house.stream.id, duration_ms: 65_000, ready_at };
      await db
        .insertInto("streaming_recordings")
        .values({ ...values, ...recording })
        .execute();
      expect([await read(nobody), await read(stranger)]).toEqual(before);
      expect((await read(viewer)).recorded).toBe(recording.status !== "failed");
    },
  );
});
