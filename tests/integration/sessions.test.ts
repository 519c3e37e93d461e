import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { endOtherSessions, endSession, findViewer, listSessions } from "#app/domain/people/sessions.ts";
import { insertUser, signIn } from "#tests/factories.ts";
import { openHttpBrowser } from "#tests/http-browser.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

async function personWith(sessions: number) {
  const user = await insertUser(web.db);
  const signedIn = [];
  for (let index = 0; index < sessions; index++) signedIn.push(await signIn(web.db, user.id));
  return { userId: user.id, sessions: signedIn };
}

describe("a session", () => {
  it("is a token of 256 bits that nobody foresees, of which the database has a hash alone (ASVS 7.2.3)", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { userId, sessions } = await personWith(20);
    vi.restoreAllMocks();
    const tokens = sessions.map(({ token }) => token);
    expect(new Set(tokens).size).toBe(20);
    for (const token of tokens) {
      const bytes = Buffer.from(token, "base64url");
      expect([bytes.length, bytes.toString("base64url")]).toEqual([32, token]);
    }
    const { rows } = await sql<{ row: string; hash: Buffer }>`
      select sessions::text as row, token_hash as hash from sessions where user_id = ${userId}`.execute(
      web.db,
    );
    for (const { row, hash } of rows) {
      expect(hash).toHaveLength(32);
      for (const token of tokens) {
        expect(row).not.toContain(token);
        expect(row).not.toContain(Buffer.from(token, "base64url").toString("hex"));
      }
    }
  });

  it("is over after 30 days without a visit, and after 180 in any case (ASVS 7.3.1, 7.3.2)", async () => {
    const { userId, sessions } = await personWith(2);
    const [idle, old] = sessions;
    await web.db
      .updateTable("sessions")
      .set({ last_seen_at: sql`now() - interval '30 days'` })
      .where("id", "=", idle!.sessionId)
      .execute();
    const { expires_at: end } = await web.db
      .selectFrom("sessions")
      .select("expires_at")
      .where("id", "=", old!.sessionId)
      .executeTakeFirstOrThrow();
    expect(Math.round((end.getTime() - Date.now()) / 86_400_000)).toBe(180);
    expect(await findViewer(web.db, old!.token)).toMatchObject({ userId });
    await web.db
      .updateTable("sessions")
      .set({ expires_at: sql`now()` })
      .where("id", "=", old!.sessionId)
      .execute();
    expect(await findViewer(web.db, idle!.token)).toBeUndefined();
    expect(await findViewer(web.db, old!.token)).toBeUndefined();
    expect(await listSessions(web.db, userId)).toEqual([]);
  });

  it("is ended once, twice or at once with itself, and only by its person (ASVS 7.4.1)", async () => {
    const { userId, sessions } = await personWith(2);
    const [mine, other] = sessions;
    const stranger = await personWith(1);
    const attempt = { userId: stranger.userId, sessionId: other!.sessionId };
    expect(await endSession(web.db, web.services.queue, attempt)).toBe(false);
    expect(await findViewer(web.db, other!.token)).toBeDefined();

    const ending = { userId, sessionId: other!.sessionId };
    const ended = await Promise.all([
      endSession(web.db, web.services.queue, ending),
      endSession(web.db, web.services.queue, ending),
    ]);
    expect(ended.filter(Boolean)).toHaveLength(1);
    expect(await findViewer(web.db, other!.token)).toBeUndefined();
    expect(await findViewer(web.db, mine!.token)).toBeDefined();
  });

  it("ends all others, but not itself and not those of other people", async () => {
    const { userId, sessions } = await personWith(4);
    const stranger = await personWith(1);
    const counts = await Promise.all([
      endOtherSessions(web.db, web.services.queue, { userId, sessionId: sessions[0]!.sessionId }),
      endOtherSessions(web.db, web.services.queue, { userId, sessionId: sessions[0]!.sessionId }),
    ]);
    expect(counts[0] + counts[1]).toBe(3);
    expect(await listSessions(web.db, userId)).toMatchObject([{ id: sessions[0]!.sessionId }]);
    expect(await findViewer(web.db, stranger.sessions[0]!.token)).toBeDefined();
  });
});

describe("the page of sessions", () => {
  it("lists browsers in words, with the network address, and ends one and all others (ASVS 7.5.2)", async () => {
    const { userId, sessions } = await personWith(3);
    await web.db
      .updateTable("sessions")
      .set({
        user_agent: "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
        network_address: "192.0.2.7",
      })
      .where("id", "=", sessions[1]!.sessionId)
      .execute();
    const browser = openHttpBrowser(web.url);
    browser.cookies.set("session", sessions[0]!.token);
    const page = await browser.get("/account/sessions");
    expect(page.text).toContain("Firefox on Windows");
    expect(page.text).toContain("192.0.2.7");

    const ended = await browser.post("/account/sessions?index", { session: sessions[1]!.sessionId });
    expect(ended.status).toBe(303);
    expect((await browser.post("/account/sessions?index", { session: sessions[1]!.sessionId })).status).toBe(
      303,
    );
    expect(await listSessions(web.db, userId)).toHaveLength(2);
    expect((await browser.get("/account/sessions/others")).location).toBe("/account/sessions");
    expect(await listSessions(web.db, userId)).toHaveLength(2);
    expect((await browser.post("/account/sessions/others", {})).status).toBe(303);
    expect(await listSessions(web.db, userId)).toMatchObject([{ id: sessions[0]!.sessionId }]);
  });

  it("ends nothing for an id that is none, or somebody else's", async () => {
    const [me, other] = [await personWith(1), await personWith(1)];
    const browser = openHttpBrowser(web.url);
    browser.cookies.set("session", me.sessions[0]!.token);
    for (const session of ["", "'; drop table sessions", other.sessions[0]!.sessionId])
      expect((await browser.post("/account/sessions?index", { session })).status).toBe(303);
    expect(await findViewer(web.db, other.sessions[0]!.token)).toBeDefined();
    expect(await findViewer(web.db, me.sessions[0]!.token)).toBeDefined();
  });
});
