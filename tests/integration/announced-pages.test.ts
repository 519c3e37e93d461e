import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StreamStatus } from "#db/types.ts";
import { ago, inFuture, insertPeople, insertStream, unique } from "#tests/factories.ts";
import { headOf } from "./heads.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit, post } = browse(() => web);
type House = Awaited<ReturnType<typeof insertPeople>>;

const change = ({ stream }: House, values: Record<string, unknown>) =>
  web.db.updateTable("streams").set(values).where("id", "=", stream.id).execute();
const headAt = async (path: string, cookie?: string) => headOf((await visit(path, cookie)).html);

async function insertReplay({ stream }: House, more: Record<string, unknown> = {}) {
  const ready = {
    stream_id: stream.id,
    status: "ready" as const,
    ready_at: sql<Date>`now()`,
    duration_ms: 65_000,
  };
  return web.db
    .insertInto("streaming_recordings")
    .values({ ...ready, ...more })
    .returning("id")
    .executeTakeFirstOrThrow();
}

/** What is public of a stream in each of its states, by the type that it then has in schema.org's words. */
const states: Record<string, { status: StreamStatus; type: string; replay?: Record<string, unknown> }> = {
  scheduled: { status: "scheduled", type: "Event" },
  "in rehearsal": { status: "rehearsal", type: "Event" },
  live: { status: "live", type: "BroadcastEvent" },
  "over, with a replay": { status: "ended", type: "VideoObject", replay: {} },
  "over, with a hidden replay": { status: "ended", type: "Event", replay: { hidden_at: ago("1 minute") } },
  "over, with a deleted replay": { status: "ended", type: "Event", replay: { deleted_at: ago("1 minute") } },
  over: { status: "ended", type: "Event" },
  cancelled: { status: "cancelled", type: "Event" },
};

describe("what a stream's page tells search engines and messengers", () => {
  it.each(Object.entries(states))(
    "of one that is %s is the same for whoever reads it, and only what is public (ASVS 8.2.2)",
    async (_, { status, type, replay }) => {
      const house = await insertPeople(web.db, { status });
      await change(house, { title: "Colour grading & you", description: "Bring a picture." });
      const recording = replay && (await insertReplay(house, replay));
      const heads = new Map<string, string>();
      for (const [who, person] of Object.entries(house.people)) {
        const { status: answered, html } = await visit(house.path, await cookieOf(person));
        expect([who, answered]).toEqual([who, 200]);
        heads.set(who, JSON.stringify(headOf(html)));
      }
      expect(new Set(heads.values()).size).toBe(1);
      const [said = ""] = heads.values();
      const { structured } = JSON.parse(said) as ReturnType<typeof headOf>;
      expect(structured.map((one) => one["@type"])).toEqual([type]);
      // Nothing that plays, nobody of the audience or the team, and no rehearsal.
      for (const secret of ["/media/", "contentUrl", "m3u8", "rehears", recording?.id, house.stream.id])
        if (secret) expect(said.toLowerCase()).not.toContain(secret.toLowerCase());
      for (const person of Object.values(house.people)) if (person) expect(said).not.toContain(person.email);
    },
  );

  it("is its title, when it is, where, and a picture of it", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const at = { starts_at: new Date("2031-05-09T17:30:00Z"), time_zone: "Europe/Berlin" };
    await change(house, { title: "Colour grading & you", description: "Bring a\npicture.", ...at });
    const { title, meta, canonical, feeds, structured } = await headAt(`${house.path}?to=%2Fx`);
    const url = web.url + house.path;
    expect(title).toBe("Colour grading & you · Frontrow");
    expect(canonical).toEqual([url]);
    expect(feeds).toEqual([`${web.url}/${house.space.slug}/feed.atom`]);
    expect(meta).toMatchObject({
      description: "Live on Friday 9 May 2031, 19:30 (Europe/Berlin). Bring a picture.",
      "og:title": "Colour grading & you",
      "og:url": url,
      "og:image": expect.stringMatching(/\/picture\.png\?v=[\w-]{10}$/) as string,
      "og:image:width": "1200",
      "og:image:height": "630",
      "twitter:card": "summary_large_image",
    });
    expect(meta["og:image"]).toContain(url);
    expect(structured).toMatchObject([
      { startDate: "2031-05-09T19:30:00+02:00", location: { url }, image: [meta["og:image"]] },
    ]);
  });

  it.each(["ended", "cancelled"] as const)(
    "of one that is %s and retired is that nobody should find it: no picture, no replay, no event",
    async (status) => {
      const house = await insertPeople(web.db, { status });
      await change(house, { title: "Colour grading", description: "Bring a picture." });
      if (status === "ended") await insertReplay(house);
      const before = await headAt(house.path);
      expect([before.structured.length, before.meta.robots]).toEqual([1, undefined]);
      await web.db
        .updateTable("experiences")
        .set({ retired_at: sql`now()` })
        .where("id", "=", house.experience.id)
        .execute();
      for (const who of ["nobody", "viewer", "host"] as const) {
        const { meta, structured, feeds, canonical } = await headAt(
          house.path,
          await cookieOf(house.people[who]),
        );
        expect([who, structured, feeds, canonical]).toEqual([who, [], [], [web.url + house.path]]);
        expect(meta).toMatchObject({ robots: "noindex", "og:title": "Colour grading" });
        expect(meta.description).toBe(`This stream of ${house.space.name} is no longer shown.`);
        expect(Object.keys(meta).filter((name) => name.startsWith("og:image"))).toEqual([]);
        expect(meta["twitter:card"]).toBe("summary");
      }
    },
  );

  it.each(["scheduled", "rehearsal"] as const)(
    "of one that never began (%s) is for half a day that it will, and then when it was planned for",
    async (status) => {
      const house = await insertPeople(web.db, { status });
      const feed = async () => (await web.fetch(`/${house.space.slug}/feed.atom`)).text();
      const scheduled = { eventStatus: "https://schema.org/EventScheduled" };
      await change(house, { starts_at: ago("11 hours 59 minutes") });
      const late = await headAt(house.path);
      expect(late.meta.description).toMatch(/^Live on /);
      expect(late.structured).toMatchObject([scheduled]);
      expect(await feed()).toContain("<summary>Live on ");
      await change(house, { starts_at: ago("12 hours 1 minute"), schedule_version: 2, edit_version: 2 });
      const over = await headAt(house.path);
      expect(over.meta.description).toMatch(/^Was planned for \w+ \d+ \w+ \d{4}, /);
      expect(over.structured).toMatchObject([{ "@type": "Event" }]);
      expect(Object.keys(over.structured[0]!)).not.toContain("eventStatus");
      expect(Object.keys(over.structured[0]!)).not.toContain("previousStartDate");
      expect(await feed()).toContain("<summary>Was planned for ");
    },
  );

  it("tells of a stream that was moved when it was to start before", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    await change(house, { starts_at: new Date("2031-05-09T17:30:00Z") });
    await change(house, {
      starts_at: new Date("2031-05-10T17:30:00Z"),
      schedule_version: 2,
      edit_version: 2,
    });
    const { structured } = await headAt(house.path);
    expect(structured).toMatchObject([
      {
        eventStatus: "https://schema.org/EventRescheduled",
        previousStartDate: "2031-05-09T19:30:00+02:00",
        startDate: "2031-05-10T19:30:00+02:00",
      },
    ]);
  });

  it.each([
    `"Quotes" & 'more', commas`,
    `</script><script>alert(1)</script><!--`,
    "One\r\ntwo",
    "👩‍👩‍👧 Film night 🎬",
    "\u202eevil\u202c مرحبا بكم",
    "a".repeat(120),
    `\\u003c \u2028 {{}} %0d%0a`,
  ])("is read as it was written, whatever the title: %j", async (title) => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    await change(house, { title, description: title });
    const { html } = await visit(house.path);
    const { meta, structured } = headOf(html);
    const line = title.replaceAll(/[\u202a-\u202e]/g, "").replaceAll(/\s+/gu, " ");
    expect(meta["og:title"]).toBe(line);
    expect(structured).toMatchObject([{ name: line, description: line }]);
    expect(html).not.toContain("<script>alert");
  });
});

describe("other public pages", () => {
  it("say what they are, and where: a space, an experience, a pass, a person, the front page and what is on", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const { space, experience, pass, people } = house;
    const username = unique("mara");
    await post("/account/space/profile", await cookieOf(people.owner), { username, bio: "I grade film." });
    const feed = `${web.url}/${space.slug}/feed.atom`;
    const wanted: [path: string, title: string, description: RegExp, feeds: string[]][] = [
      [`/${space.slug}`, space.name, /A space/, [feed]],
      [`/${space.slug}/${experience.slug}`, experience.name, /An experience/, [feed]],
      [`/${space.slug}/passes/${pass.slug}`, pass.name, /pass of A space/, []],
      [`/@${username}`, `@${username}`, /I grade film\./, []],
      ["/", "A small theatre for your streams", /Schedule a stream/, []],
      ["/explore", "What is on", /Spaces that are live/, []],
    ];
    for (const [path, title, description, feeds] of wanted) {
      for (const who of ["nobody", "viewer", "owner"] as const) {
        const head = await headAt(path, await cookieOf(people[who]));
        expect([path, who, head.canonical]).toEqual([path, who, [web.url + path]]);
        expect(head.meta).toMatchObject({
          "og:title": title,
          "og:url": web.url + path,
          "og:description": expect.stringMatching(description) as string,
          "og:site_name": "Frontrow",
        });
        expect(head.feeds).toEqual(feeds);
      }
    }
    expect((await headAt(`/@${username}`)).structured).toMatchObject([
      { "@type": "ProfilePage", mainEntity: { "@type": "Person", alternateName: `@${username}` } },
    ]);
  });

  it("that are not there announce nothing", async () => {
    for (const path of ["/no-such-space", "/no-such-space/a/streams/b", "/@nobody-at-all"]) {
      const { canonical, meta, structured } = await headAt(path);
      expect([canonical, Object.keys(meta), structured]).toEqual([[], [], []]);
    }
  });

  it("the front page lists what is live and what comes, of spaces that are there", async () => {
    const house = await insertPeople(web.db, { status: "live" });
    await change(house, { title: "On the air" });
    const of = { experienceId: house.experience.id, createdBy: house.people.owner.id };
    await insertStream(web.db, { ...of, title: "Begins soon", startsAt: inFuture("1 minute") });
    await insertStream(web.db, { ...of, title: "Not any more", status: "cancelled" });
    const { words } = await visit("/");
    expect(words).toContain("On the air");
    expect(words).toContain("Begins soon");
    expect(words).not.toContain("Not any more");
    await web.db
      .updateTable("spaces")
      .set({ retired_at: sql`now()` })
      .where("id", "=", house.space.id)
      .execute();
    expect((await visit("/")).words).not.toContain("On the air");
  });
});
