import { XMLParser, XMLValidator } from "fast-xml-parser";
import { parseAtomFeed } from "feedsmith";
import { sql } from "kysely";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { updateExperience } from "#app/domain/experiences/experiences.ts";
import { deleteRecording, restoreRecording, setHidden } from "#app/domain/recordings/withholding.ts";
import { updateSpace } from "#app/domain/spaces/spaces.ts";
import { ago, inFuture, insertPeople, insertStream, insertUser, unique } from "#tests/factories.ts";
import { headOf } from "./heads.ts";
import { browse } from "./pages.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

const { cookieOf, visit } = browse(() => web);
type House = Awaited<ReturnType<typeof insertPeople>>;

const change = (streamId: string, values: Record<string, unknown>) =>
  web.db.updateTable("streams").set(values).where("id", "=", streamId).execute();
const retire = (table: "spaces" | "experiences" | "access_passes", id: string) =>
  web.db
    .updateTable(table)
    .set({ retired_at: sql`now()` })
    .where("id", "=", id)
    .execute();
/** `fetch` forbids caches to answer where it is told what is known already; a reader does not. */
const again = (path: string, etag: string | null) =>
  web.fetch(path, { headers: { "if-none-match": etag ?? "", "cache-control": "max-age=0" } });

/** Everybody gets the same bytes. */
async function sameForAll(path: string, { people }: House): Promise<Response> {
  const nobodys = await web.fetch(path);
  const bytes = Buffer.from(await nobodys.clone().arrayBuffer());
  for (const [who, person] of Object.entries(people)) {
    const response = await web.fetch(path, { cookie: await cookieOf(person) });
    const same = Buffer.compare(bytes, Buffer.from(await response.arrayBuffer())) === 0;
    expect([who, response.status, same]).toEqual([who, 200, true]);
    expect(response.headers.get("set-cookie")).toBeNull();
  }
  return nobodys;
}

const nasty = [
  `"Quotes" & 'more' <b>`,
  "</title></entry>]]><!--",
  "One\r\ntwo, three",
  "👩‍👩‍👧 Film night 🎬",
  "\u202eevil\u202c مرحبا بكم",
  "a".repeat(120),
  "\ufffe\uffff&#0;",
];

describe("a space's feed", () => {
  const feedOf = async ({ space }: House) => {
    const response = await web.fetch(`/${space.slug}/feed.atom`);
    const text = await response.text();
    expect(XMLValidator.validate(text)).toBe(true);
    return { response, text, feed: parseAtomFeed(text) };
  };

  it("has what happened last first, with its times, and is the same for everybody", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const response = await sameForAll(`/${house.space.slug}/feed.atom`, house);
    expect(response.headers.get("content-type")).toMatch(/^application\/atom\+xml/);
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    const of = { experienceId: house.experience.id, createdBy: house.people.owner.id };
    const moved = await insertStream(web.db, { ...of, title: "Moved", startsAt: inFuture("3 days") });
    const gone = await insertStream(web.db, { ...of, title: "Gone", status: "cancelled" });
    await change(gone.id, { edit_version: 2 });
    await change(moved.id, { edit_version: 2, title: "Moved again" });
    const { feed } = await feedOf(house);
    expect(feed).toMatchObject({
      id: `urn:uuid:${house.space.id}`,
      title: { value: house.space.name },
      authors: [{ name: house.space.name }],
    });
    expect(feed.links).toContainEqual(
      expect.objectContaining({ rel: "self", href: `${web.url}/${house.space.slug}/feed.atom` }),
    );
    const entries = feed.entries!;
    expect(entries.map(({ title }) => title?.value)).toEqual([
      "Moved again",
      "Cancelled: Gone",
      house.stream.title,
    ]);
    expect(entries.map(({ id }) => id)).toEqual(
      [moved, gone, house.stream].map(({ id }) => `urn:uuid:${id}`),
    );
    expect(entries[2]!.links).toEqual([
      expect.objectContaining({ rel: "alternate", href: web.url + house.path }),
    ]);
    for (const { updated, published } of entries) {
      expect(Number.isNaN(Date.parse(updated!))).toBe(false);
      expect(Date.parse(updated!)).toBeGreaterThanOrEqual(Date.parse(published!));
    }
    expect(Date.parse(feed.updated!)).toBe(Date.parse(entries[0]!.updated!));
  });

  it.each(nasty)("is well-formed whatever people write: %j", async (title) => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    await change(house.stream.id, { title, description: title });
    await web.db
      .updateTable("spaces")
      .set({ name: title.slice(0, 80), description: title })
      .where("id", "=", house.space.id)
      .execute();
    const { text, feed } = await feedOf(house);
    const line = title.replaceAll(/[\u202a-\u202e\ufffe\uffff]/g, "").replaceAll(/\s+/gu, " ");
    const parsed = new XMLParser({ ignoreAttributes: false, htmlEntities: true }).parse(text) as {
      feed: { entry: { title: string; summary: string } };
    };
    expect(parsed.feed.entry.title).toBe(line);
    expect(parsed.feed.entry.summary).toContain(line);
    expect(feed.entries).toHaveLength(1);
  });

  it("is not sent again to who has it", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const path = `/${house.space.slug}/feed.atom`;
    const etag = (await web.fetch(path)).headers.get("etag");
    expect(etag).toBeTruthy();
    const known = await again(path, etag);
    expect([known.status, await known.text()]).toEqual([304, ""]);
    await change(house.stream.id, { title: "Another", edit_version: 2 });
    expect((await again(path, etag)).status).toBe(200);
  });

  it("never goes back in time: a replay that is hidden, shown again, deleted and restored is news each time", async () => {
    const house = await insertPeople(web.db, { status: "ended" });
    const { db, services } = web;
    const userId = house.people.host.id;
    const read = async () => {
      const { feed } = await feedOf(house);
      const [entry] = feed.entries!;
      expect(Date.parse(feed.updated!)).toBe(Date.parse(entry!.updated!));
      return { at: Date.parse(entry!.updated!), words: entry!.summary?.value };
    };
    const told = [await read()];
    const { id: recordingId } = await db
      .insertInto("streaming_recordings")
      .values({ stream_id: house.stream.id, status: "finalizing" })
      .returning("id")
      .executeTakeFirstOrThrow();
    expect(await read()).toEqual(told[0]);
    const finish = () =>
      db
        .updateTable("streaming_recordings")
        .set({ status: "ready", ready_at: sql`now()` })
        .where("id", "=", recordingId)
        .execute();
    const acts: [act: () => Promise<unknown>, replay: boolean][] = [
      [finish, true],
      [() => setHidden(db, { recordingId, userId, hidden: true }), false],
      [() => setHidden(db, { recordingId, userId, hidden: false }), true],
      [() => deleteRecording(db, { recordingId, userId }), false],
      [() => restoreRecording(db, services.queue, { recordingId }), true],
    ];
    for (const [act, replay] of acts) {
      await act();
      const now = await read();
      expect(now.words).toContain(replay ? "The replay is there." : "It is over.");
      expect(now.at).toBeGreaterThan(told.at(-1)!.at);
      told.push(now);
    }
    // What is done with it while nobody can see it is no news.
    await deleteRecording(db, { recordingId, userId });
    const deleted = await read();
    await db
      .updateTable("streaming_recordings")
      .set({ removed_at: sql`now()` })
      .where("id", "=", recordingId)
      .execute();
    expect(await read()).toEqual(deleted);
  });

  it("goes on in time when one of its experiences is retired", async () => {
    const house = await insertPeople(web.db, { status: "ended" });
    const before = Date.parse((await feedOf(house)).feed.updated!);
    await retire("experiences", house.experience.id);
    const { feed } = await feedOf(house);
    expect(feed.entries ?? []).toEqual([]);
    expect(Date.parse(feed.updated!)).toBeGreaterThan(before);
  });

  it("tells nothing of what was retired, and ends with its space; one that moved leads on", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const old = unique("old");
    await web.db.insertInto("space_former_slugs").values({ slug: old, space_id: house.space.id }).execute();
    const moved = await visit(`/${old}/feed.atom`);
    expect([moved.status, moved.location]).toEqual([301, `/${house.space.slug}/feed.atom`]);
    await retire("experiences", house.experience.id);
    expect((await feedOf(house)).feed.entries ?? []).toEqual([]);
    await retire("spaces", house.space.id);
    expect((await web.fetch(`/${house.space.slug}/feed.atom`)).status).toBe(410);
    expect((await web.fetch("/no-such-space/feed.atom")).status).toBe(404);
  });
});

describe("a stream's picture", () => {
  /** As its page says it. */
  const addressOf = async ({ path }: House) =>
    headOf((await visit(path)).html).meta["og:image"]!.slice(web.url.length);

  it("is a PNG of 1200 × 630, kept by caches until its words change, and the same for everybody", async () => {
    const house = await insertPeople(web.db, { status: "live" });
    const path = await addressOf(house);
    const response = await sameForAll(path, house);
    const { headers } = response;
    expect(headers.get("content-type")).toBe("image/png");
    expect(headers.get("cache-control")).toBe("public, max-age=86400");
    expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    const { width, height, format } = await sharp(await response.arrayBuffer()).metadata();
    expect([width, height, format]).toEqual([1200, 630, "png"]);
    const etag = headers.get("etag");
    expect((await again(path, etag)).status).toBe(304);
    await change(house.stream.id, { title: "Another" });
    const after = await again(path, etag);
    expect([after.status, after.headers.get("cache-control")]).toEqual([200, "public, max-age=300"]);
    expect(after.headers.get("etag")).not.toBe(etag);
    const current = await web.fetch(await addressOf(house));
    expect(current.headers.get("cache-control")).toBe("public, max-age=86400");
  });

  it("has another address with each change of what it shows, also of the names of its space and experience, and no other", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const { stream, space, experience } = house;
    const { db } = web;
    const rename = { description: "", name: "Other evenings" };
    const before = await addressOf(house);
    await change(stream.id, { description: "Not in it.", length_minutes: 95, lobby_note: "Nor this." });
    expect(await addressOf(house)).toBe(before);
    const changes = [
      () => change(stream.id, { title: "Another" }),
      () => change(stream.id, { starts_at: new Date("2031-05-09T17:30:00Z") }),
      () => change(stream.id, { time_zone: "America/New_York" }),
      () => updateExperience(db, { spaceId: space.id, experienceId: experience.id, ...rename }),
      () => updateSpace(db, { spaceId: space.id, slug: space.slug, ...rename }),
      () => change(stream.id, { status: "cancelled", cancelled_at: new Date() }),
    ];
    const addresses = [before];
    for (const make of changes) {
      await make();
      const address = await addressOf(house);
      addresses.push(address);
      const picture = await web.fetch(address, { method: "HEAD" });
      expect(picture.headers.get("cache-control")).toBe("public, max-age=86400");
    }
    expect(new Set(addresses).size).toBe(changes.length + 1);
  });

  it("is asked for by its headers alone, too", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const head = await web.fetch(`${house.path}/picture.png`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-type")]).toEqual([200, "image/png"]);
    expect(Number(head.headers.get("content-length"))).toBeGreaterThan(1_000);
  });

  it("is not there for what is not there any more, and leads on with a space that moved", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const old = unique("old");
    await web.db.insertInto("space_former_slugs").values({ slug: old, space_id: house.space.id }).execute();
    const moved = await visit(`${house.path.replace(house.space.slug, old)}/picture.png?v=1`);
    expect([moved.status, moved.location]).toEqual([301, `${house.path}/picture.png?v=1`]);
    await retire("experiences", house.experience.id);
    for (const path of [house.path, `/${house.space.slug}/none/streams/none`, "/none/none/streams/none"]) {
      const { status, headers } = await web.fetch(`${path}/picture.png`);
      expect([path, status, headers.get("cache-control")]).toEqual([path, 404, "private, no-store"]);
    }
  });

  it("keeps no page waiting, however many are asked for at once", async () => {
    const house = await insertPeople(web.db, { status: "scheduled" });
    const of = { experienceId: house.experience.id, createdBy: house.people.owner.id };
    const streams = await Promise.all(
      Array.from({ length: 60 }, (_, at) => insertStream(web.db, { ...of, title: `Number ${at}` })),
    );
    const base = house.path.slice(0, house.path.lastIndexOf("/"));
    let left = streams.length * 3;
    const pictures = streams.flatMap(({ slug }) =>
      Array.from({ length: 3 }, async () => {
        const response = await web.fetch(`${base}/${slug}/picture.png`);
        await response.arrayBuffer();
        left -= 1;
        return { status: response.status, wait: response.headers.get("retry-after") };
      }),
    );
    const page = await web.fetch(`/${house.space.slug}`);
    expect(page.status).toBe(200);
    await page.text();
    expect(left).toBeGreaterThan(30);
    const answers = await Promise.all(pictures);
    for (const { status, wait } of answers) {
      if (status === 200) continue;
      expect([status, Number(wait)]).toEqual([503, expect.any(Number)]);
      expect(Number(wait)).toBeGreaterThan(0);
    }
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(30);
  });
});

describe("the sitemap", () => {
  let house: House;
  let own: TestWeb;
  /** A server of its own for each: it keeps its sitemap for a minute. */
  beforeEach(async () => {
    own = await startTestWeb();
    house = await insertPeople(own.db, { status: "scheduled" });
    return () => own.close();
  });

  async function listed() {
    const index = await read("/sitemap.xml");
    const parser = new XMLParser({ isArray: (name) => name === "sitemap" || name === "url" });
    const { sitemapindex } = parser.parse(index) as {
      sitemapindex: { sitemap: { loc: string; lastmod?: string }[] };
    };
    const found: { loc: string; lastmod?: string }[] = [];
    for (const { loc } of sitemapindex.sitemap) {
      expect(loc.startsWith(`${own.url}/sitemap-`)).toBe(true);
      const { urlset } = parser.parse(await read(loc.slice(own.url.length))) as {
        urlset: { url: { loc: string; lastmod?: string }[] };
      };
      found.push(...urlset.url);
    }
    for (const { lastmod } of [...sitemapindex.sitemap, ...found])
      if (lastmod) expect(Number.isNaN(Date.parse(lastmod))).toBe(false);
    return found.map(({ loc }) => loc.slice(own.url.length));
  }

  async function read(path: string) {
    const response = await own.fetch(path);
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get("content-type")).toMatch(/^application\/xml/);
    expect(response.headers.get("cache-control")).toBe("public, max-age=3600");
    const text = await response.text();
    expect(XMLValidator.validate(text)).toBe(true);
    return text;
  }

  it("lists what everybody can find, each once, and each is there", async () => {
    const { db } = own;
    const username = unique("mara");
    await db
      .insertInto("creators_profiles")
      .values({ user_id: house.people.owner.id, username, bio: "" })
      .execute();
    const of = { experienceId: house.experience.id, createdBy: house.people.owner.id };
    const live = await insertStream(db, { ...of, status: "live" });
    const cancelled = await insertStream(db, { ...of, status: "cancelled" });
    const replayed = await insertStream(db, { ...of, status: "ended" });
    await db
      .insertInto("streaming_recordings")
      .values({ stream_id: replayed.id, status: "ready", ready_at: sql`now()` })
      .execute();
    const { space, experience, pass } = house;
    const streams = [house.stream, live, cancelled, replayed];
    const others = await db.selectFrom("spaces").select("slug").where("id", "!=", space.id).execute();
    const paths = await listed();
    expect(paths.sort()).toEqual(
      [
        ...["/", "/explore", `/${space.slug}`, `/${space.slug}/${experience.slug}`, `/@${username}`],
        `/${space.slug}/passes/${pass.slug}`,
        ...streams.map(({ slug }) => `/${space.slug}/${experience.slug}/streams/${slug}`),
        ...others.map(({ slug }) => `/${slug}`),
      ].sort(),
    );
    for (const path of paths) expect([path, (await own.fetch(path)).status]).toEqual([path, 200]);
  });

  it("has nothing in it that was retired, hidden, deleted or is not offered, and nobody who is not a host", async () => {
    const { db } = own;
    const of = { experienceId: house.experience.id, createdBy: house.people.owner.id };
    const never = await insertStream(db, { ...of, startsAt: ago("2 days") });
    const hidden = await insertStream(db, { ...of, status: "ended" });
    const over = await insertStream(db, { ...of, status: "ended" });
    await db
      .insertInto("streaming_recordings")
      .values({ stream_id: hidden.id, status: "ready", ready_at: sql`now()`, hidden_at: sql`now()` })
      .execute();
    const fan = await insertUser(db);
    const username = unique("fan");
    await db.insertInto("creators_profiles").values({ user_id: fan.id, username, bio: "" }).execute();
    await db.updateTable("access_passes").set({ on_sale: false }).where("id", "=", house.pass.id).execute();
    const paths = (await listed()).join("\n");
    for (const slug of [never.slug, hidden.slug, over.slug, username, house.pass.slug])
      expect(paths).not.toContain(slug);
    expect(paths).toContain(house.stream.slug);
  });

  it("loses all of a space that closes", async () => {
    await own.db
      .updateTable("spaces")
      .set({ retired_at: sql`now()` })
      .where("id", "=", house.space.id)
      .execute();
    expect((await listed()).join("\n")).not.toContain(house.space.slug);
    expect((await own.fetch("/sitemap-2.xml")).status).toBe(404);
    expect((await own.fetch("/sitemap-0.xml")).status).toBe(404);
  });

  it("is in parts where it is long, and asked for again within a minute it is not made again", async () => {
    const { db } = own;
    await sql`
      insert into streams (experience_id, slug, title, starts_at, wall_time, time_zone, length_minutes, created_by)
      select ${house.experience.id}, 'many-' || n, 'Many', now() + interval '1 day', '2030-01-01T12:00', 'UTC', 60,
        ${house.people.owner.id}
      from generate_series(1, 5000) n
    `.execute(db);
    const paths = await listed();
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.length).toBeGreaterThan(5000);
    expect((await own.fetch("/sitemap-2.xml")).status).toBe(200);
    await sql`delete from streams where slug like 'many-%'`.execute(db);
    expect((await listed()).length).toBe(paths.length);
  });
});

describe("robots.txt", () => {
  it("names the sitemap by the public address, and what is to be left alone", async () => {
    const response = await web.fetch("/robots.txt");
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    const text = await response.text();
    expect(text).toContain(`Sitemap: ${web.url}/sitemap.xml`);
    expect(text).toContain("Disallow: /account/");
  });
});
