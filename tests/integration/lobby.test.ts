import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { saveNote } from "#app/domain/streams/note.ts";
import { findStreamState } from "#app/domain/streams/state.ts";
import { attachPageSocket } from "#app/server/page-socket.ts";
import { ago, inFuture, insertGrant, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { hear } from "./notices.ts";
import { openPage } from "./page-socket-client.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
/** What the page socket has asked the database. */
let questions = 0;
beforeAll(async () => {
  web = await startTestWeb({
    attach: (server, services) => attachPageSocket(server, { ...services, db: counted(services.db) }),
  });
});
afterAll(() => web.close());

type Db = TestWeb["db"];
const counted = (db: Db): Db =>
  db.withPlugin({
    transformQuery: ({ node }) => ((questions += 1), node),
    transformResult: async ({ result }) => result,
  });

const outsiders = ["stranger", "ended", "banned", "otherOwner"] as const;
const insiders = ["viewer", "moderator", "host"] as const;
type Who = (typeof outsiders)[number] | (typeof insiders)[number] | "nobody";

async function setStage(startsAt = inFuture("20 minutes")) {
  const stage = await insertPeople(web.db, { status: "scheduled" });
  const { stream, people, path } = stage;
  const streamId = stream.id;
  const change = async (values: Record<string, unknown>) => {
    await web.db.updateTable("streams").set(values).where("id", "=", streamId).execute();
    await notifyChange(web.db, { kind: "stream", streamId });
  };
  await change({ starts_at: startsAt });
  const cookieOf = async (who: Who) =>
    people[who] ? (await signIn(web.db, people[who].id)).cookie : undefined;
  const read = async (who: Who, address = path) => {
    const answer = await web.fetch(address, { cookie: await cookieOf(who) });
    const html = await answer.text();
    return { status: answer.status, headers: answer.headers, html, text: textOf(html) };
  };
  const open = async (who: Exclude<Who, "nobody">) =>
    openPage(web.url, { streamId, cookie: await cookieOf(who), tab: `tab-of-${who}` });
  const post = async (who: Who, note: string, address = `/account/streams/${streamId}/note`) =>
    web.fetch(address, { cookie: await cookieOf(who), form: { note } });
  const noteNow = async () =>
    (
      await web.db
        .selectFrom("streams")
        .select("lobby_note")
        .where("id", "=", streamId)
        .executeTakeFirstOrThrow()
    ).lobby_note;
  return { ...stage, streamId, change, cookieOf, read, open, post, noteNow };
}

const textOf = (html: string) =>
  html
    .replaceAll(/<script[\s\S]*?<\/script>/g, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&amp;", "&")
    .replaceAll(/&#x27;|&#39;/g, "'")
    .replaceAll(/\s+/g, " ");

describe("the host's note", () => {
  const note = "Bring your own footage.\nIt is here: https://example.com/footage <b>really</b>";

  it("is read by who may watch, in the page and in the frame of its stage, and by nobody else", async () => {
    const { read, path, streamId, post } = await setStage();
    expect((await post("host", note)).status).toBe(303);
    for (const who of insiders) {
      for (const address of [path, `${path}/stage`]) {
        const { html, text } = await read(who, address);
        expect(text, who).toContain("Bring your own footage.");
        expect(html).toContain(
          '<a href="https://example.com/footage" target="_blank" rel="nofollow noopener',
        );
        expect(html).toContain("&lt;b&gt;really");
      }
    }
    for (const who of [...outsiders, "nobody"] as const)
      for (const address of [path, `${path}/stage`, `/account/streams/${streamId}/note`])
        expect((await read(who, address)).html, who).not.toContain("footage");
  });

  it("is written by hosts alone; whoever else tries changes nothing", async () => {
    const { post, noteNow } = await setStage();
    for (const who of outsiders) expect((await post(who, note)).status, who).toBe(404);
    expect((await post("viewer", note)).status).toBe(404);
    expect((await post("moderator", note)).status).toBe(403);
    const nobody = await post("nobody", note);
    expect(nobody.headers.get("location")).toContain("/sign-in");
    expect(await noteNow()).toBe("");
    await post("host", note);
    expect(await noteNow()).toBe(note);
    await post("host", "  ");
    expect(await noteNow()).toBe("");
  });

  it("that is too long is refused beside its field, and what was typed stays", async () => {
    const { post, noteNow } = await setStage();
    const long = "n".repeat(1001);
    const refused = await post("host", long);
    expect(refused.status).toBe(400);
    const html = await refused.text();
    expect(textOf(html)).toContain("The note is too long: at most 1,000 characters, and this has 1,001.");
    expect(html).toContain(long);
    const odd = await post("host", "bell \u0007");
    expect(odd.status).toBe(400);
    expect(textOf(await odd.text())).toContain("a character that cannot be shown");
    expect(await noteNow()).toBe("");
    // As many as the table takes, of those that take most room.
    expect((await post("host", "🎬".repeat(1000))).status).toBe(303);
  });

  it("reaches every open page at once, is told once, and goes with the start of the stream", async () => {
    const { streamId, people, open, change } = await setStage();
    const pages = await Promise.all(insiders.map(open));
    const stranger = await open("stranger");
    await Promise.all([...pages, stranger].map((page) => page.state()));
    const save = () => saveNote(web.db, { streamId, userId: people.host.id, note });
    expect(await hear(web.variables.DATABASE_URL, save)).toEqual([{ kind: "stream", streamId }]);
    for (const page of pages) await page.state((state) => state.note === note, 1_000);
    expect(await hear(web.variables.DATABASE_URL, save)).toEqual([]);
    expect(stranger.messages.map((message) => JSON.stringify(message)).join()).not.toContain("footage");
    await change({ status: "live", live_at: sql`clock_timestamp()` });
    for (const page of pages) expect((await page.state((state) => state.status === "live")).note).toBe("");
    expect(await save()).toEqual({ ok: false, reason: "closed", status: "live" });
    for (const page of [...pages, stranger]) page.socket.close();
  });

  it("that comes too late is refused in words", async () => {
    const { post, change } = await setStage();
    await change({ status: "cancelled", cancelled_at: sql`now()` });
    const refused = await post("host", note);
    expect(refused.status).toBe(409);
    expect(textOf(await refused.text())).toContain("Nobody waits for this stream any more");
  });
});

describe("who waits", () => {
  it("is told that the host prepares while there is a rehearsal, which stays the team's", async () => {
    const { open, change, read, streamId } = await setStage();
    const [viewer, stranger] = await Promise.all([open("viewer"), open("stranger")]);
    expect((await viewer.state()).preparing).toBe(false);
    await change({ status: "rehearsal", rehearsal_at: sql`now()` });
    const told = await viewer.state((state) => state.preparing, 1_000);
    expect(told.status).toBe("scheduled");
    expect((await read("viewer")).text).toContain("Doors are open. The host is preparing.");
    for (const who of [...outsiders, "nobody"] as const)
      expect((await read(who)).text, who).not.toContain("preparing");
    const nobody = await findStreamState(web.db, { streamId, userId: null });
    expect([nobody?.preparing, nobody?.note]).toEqual([false, ""]);
    expect(stranger.states().some(({ preparing }) => preparing)).toBe(false);
    await change({ status: "scheduled", rehearsal_at: null });
    await viewer.state((state) => !state.preparing, 1_000);
    for (const page of [viewer, stranger]) page.socket.close();
  });

  it("is told that it starts a little later, and after long that this is not known", async () => {
    const { read, change } = await setStage(ago("3 minutes"));
    expect((await read("viewer")).text).toContain("It starts a little later. ");
    await change({ starts_at: ago("31 minutes") });
    const { text } = await read("viewer");
    expect(text).toContain("It has not started.");
    expect(text).toContain("You need not wait here");
  });

  it("without scripts gets the stage in a frame beside an open chat, and the whole page again without one", async () => {
    const { read, change, path } = await setStage(inFuture("4 minutes"));
    const refreshOf = (html: string) => Number(/http-equiv="refresh" content="(\d+)"/i.exec(html)?.[1]);
    const { html } = await read("viewer");
    expect(refreshOf(html)).toBeNaN();
    const frame = /<iframe class="stage-frame"[^>]*src="([^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&");
    expect(frame).toContain(`${path}/stage?start=`);
    const stage = await read("viewer", frame);
    expect(stage.headers.get("content-security-policy")).toContain("frame-ancestors 'self'");
    expect(stage.html).toContain('<base target="_top"');
    expect(stage.text).toContain("Doors are open.");
    expect(refreshOf(stage.html)).toBe(5);
    await change({ starts_at: inFuture("10 minutes") });
    const moved = await read("viewer", frame);
    expect(moved.text).toContain("The start was moved");
    expect(refreshOf(moved.html)).toBe(20);
    await change({ chat_before: "never" });
    const alone = await read("viewer");
    expect(alone.html).not.toContain("stage-frame");
    expect(refreshOf(alone.html)).toBe(20);
    expect((await read("stranger", frame)).status).toBe(403);
  });

  it("without scripts is told in the frame what has become of it", async () => {
    const { read, change, path } = await setStage();
    const said = async () => (await read("viewer", `${path}/stage?start=nonsense`)).text;
    await change({ status: "live", live_at: sql`clock_timestamp()` });
    expect(await said()).toContain("Nothing is recorded of it, and without JavaScript");
    await change({ status: "ended", ended_at: sql`now()`, ended_reason: "host" });
    expect(await said()).toContain("The stream has ended.");
    const other = await setStage();
    await other.change({ status: "cancelled", cancelled_at: sql`now()` });
    expect((await other.read("viewer", `${other.path}/stage`)).text).toContain("This stream was cancelled.");
  });

  it("loses their page with their access, and gets no ticket when it begins", async () => {
    const { open, streamId, people, change, path, grant, cookieOf } = await setStage();
    const viewer = await open("viewer");
    await viewer.state();
    await web.db
      .updateTable("access_grants")
      .set({ status: "cancelled", status_changed_at: sql`now()` })
      .where("id", "=", grant.id)
      .execute();
    await notifyChange(web.db, { kind: "person", userId: people.viewer.id });
    expect((await viewer.closed(1_000)).code).toBe(4403);
    expect(viewer.ended()?.reason).toBe("grant_cancelled");
    await change({ status: "live", live_at: sql`clock_timestamp()` });
    const form = { tab: "tab-of-the-tests" };
    const ticket = await web.fetch(`${path}/ticket`, { cookie: await cookieOf("viewer"), form });
    expect(ticket.status).toBe(403);
    expect(await ticket.text()).not.toContain("token");
    expect((await findStreamState(web.db, { streamId, userId: people.viewer.id }))?.access).not.toBe("yes");
  });

  it("hears the database's clock with each sign of life, without a question for it", async () => {
    const { open } = await setStage();
    const viewer = await open("viewer");
    await viewer.state();
    const beat = async () => {
      for (let waited = 0; waited < 140; waited += 1) {
        const told = viewer.messages.find((message) => message.type === "beat");
        if (told) return told;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error("no sign of life");
    };
    const { at } = await beat();
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(web.db);
    expect(Math.abs(rows[0]!.now.getTime() - Date.parse(at))).toBeLessThan(1_000);
    viewer.socket.close();
  }, 30_000);

  it("with a crowd costs no more questions than alone when it goes live", async () => {
    const few = await askedFor(3);
    const many = await askedFor(60);
    expect(few).toBeGreaterThan(0);
    // Once a second who is there is written down, in as many statements however many they are; that may fall into it.
    expect(many).toBeLessThanOrEqual(few + 8);
  }, 60_000);

  /** How many questions the page socket asks from the word until the last of so many people is told. */
  async function askedFor(count: number): Promise<number> {
    const { streamId, pass, change } = await setStage();
    const pages = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const { id: userId } = await insertUser(web.db);
        await insertGrant(web.db, { passId: pass.id, userId });
        const { cookie } = await signIn(web.db, userId);
        return openPage(web.url, { streamId, cookie, tab: `tab-number-${index}` });
      }),
    );
    await Promise.all(pages.map((page) => page.state()));
    // Between two writings of who is there.
    await pages[0]!.viewers(count);
    const before = questions;
    await change({ status: "live", live_at: sql`clock_timestamp()` });
    await Promise.all(pages.map((page) => page.state(({ status }) => status === "live", 2_000)));
    const asked = questions - before;
    for (const page of pages) page.socket.close();
    return asked;
  }
});
