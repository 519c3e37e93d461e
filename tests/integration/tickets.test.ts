import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { StreamStatus } from "#db/types.ts";
import { ago, insertGrant, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb({ env: { LIVEKIT_PUBLIC_URL: "wss://livekit.example" } });
});
afterAll(() => web.close());

type Who = keyof Awaited<ReturnType<typeof insertPeople>>["people"];
type Answer = {
  ok: boolean;
  reason?: string;
  access?: string;
  status?: string;
  token?: string;
  url?: string;
};

async function setStage(status: StreamStatus) {
  const { stream, path, people } = await insertPeople(web.db, { status });
  const cookieOf = async (who: Who) => {
    const person = people[who];
    return person ? (await signIn(web.db, person.id)).cookie : undefined;
  };
  const ask = async (cookie: string | undefined, form: Record<string, string> = { tab: "tab-of-a-test" }) => {
    const response = await web.fetch(`${path}/ticket`, { cookie, form });
    return { status: response.status, answer: (await response.json()) as Answer, headers: response.headers };
  };
  const identities = async () =>
    web.db
      .selectFrom("stream_participants")
      .select(["identity", "role", "tab"])
      .where("stream_id", "=", stream.id)
      .execute();
  return { streamId: stream.id, path, cookieOf, ask, identities };
}

const decode = ({ token = "" }: Answer) => {
  const { iss, nbf, exp, sub, ...rest } = decodeJwt(token);
  return { ...rest, seconds: (exp ?? 0) - (nbf ?? 0), named: /^v_[\w-]{16}$/.test(sub ?? ""), iss, sub };
};

describe("a ticket to a room with a ceiling", () => {
  it("is refused with the way out to who would be one too many, and to nobody who is in, or of the team", async () => {
    const full = await startTestWeb({ env: { ROOM_CEILING: "2" } });
    onTestFinished(() => full.close());
    const { stream, path, people, pass } = await insertPeople(full.db, { status: "live" });
    const cookieOf = async (userId: string) => (await signIn(full.db, userId)).cookie;
    const another = async () => {
      const { id: userId } = await insertUser(full.db);
      await insertGrant(full.db, { passId: pass.id, userId });
      return cookieOf(userId);
    };
    const ask = async (cookie: string, tab = "tab-of-a-test") => {
      const response = await full.fetch(`${path}/ticket`, { cookie, form: { tab } });
      const answer = (await response.json()) as Answer;
      return [response.status, answer.ok || answer.reason];
    };
    const [first, second, third] = [await another(), await another(), await another()];
    expect(await ask(first)).toEqual([200, true]);
    expect(await ask(second)).toEqual([200, true]);
    expect(await ask(third)).toEqual([409, "hls"]);
    expect(await ask(first, "another-tab-of-it")).toEqual([409, "hls"]);
    expect(await ask(first)).toEqual([200, true]);
    for (const who of ["moderator", "host", "owner"] as const)
      expect(await ask(await cookieOf(people[who].id))).toEqual([200, true]);
    // Whoever has been silent for a while has left.
    await full.db
      .updateTable("stream_participants")
      .set({ asked_at: ago("21 seconds") })
      .where("stream_id", "=", stream.id)
      .execute();
    expect(await ask(third)).toEqual([200, true]);
    // A tab whose socket a gate has seen is in, however long ago it asked.
    await full.db
      .updateTable("stream_participants")
      .set({ asked_at: ago("1 hour"), signal_seen_at: ago("3 seconds") })
      .where("stream_id", "=", stream.id)
      .execute();
    expect(await ask(await another())).toEqual([409, "hls"]);
    expect(await ask(second)).toEqual([200, true]);
  });
});

describe("a ticket to the live room, where browsers reach LiveKit itself", () => {
  it.each(["viewer", "moderator", "host", "owner"] as const)(
    "lets a %s watch, and send nothing (ASVS 17.2.5, 17.2.7)",
    async (who) => {
      const { streamId, cookieOf, ask, identities } = await setStage("live");
      const { status, answer, headers } = await ask(await cookieOf(who));
      expect(status).toBe(200);
      expect(headers.get("cache-control")).toBe("private, no-store");
      expect(answer.url).toBe(web.services.livekit.publicUrl);
      const { sub, iss, ...rest } = decode(answer);
      expect(iss).toBe(web.services.config.livekit.apiKey);
      const { video, ...token } = rest as typeof rest & { video: Record<string, unknown> };
      expect({ token, video: { ...video, room: video.room === streamId } }).toMatchInlineSnapshot(`
      {
        "token": {
          "named": true,
          "seconds": 60,
        },
        "video": {
          "canPublish": false,
          "canPublishData": false,
          "canSubscribe": true,
          "canUpdateOwnMetadata": false,
          "room": true,
          "roomJoin": true,
        },
      }
    `);
      expect(await identities()).toEqual([{ identity: sub, role: "viewer", tab: "tab-of-a-test" }]);
    },
  );

  it.each([
    ["nobody", 401, { ok: false, reason: "signed_out" }],
    ["stranger", 403, { ok: false, reason: "no_access", access: "no_grant" }],
    ["ended", 403, { ok: false, reason: "no_access", access: "grant_expired" }],
    ["banned", 403, { ok: false, reason: "no_access", access: "banned" }],
    ["otherOwner", 403, { ok: false, reason: "no_access", access: "no_grant" }],
  ] as const)("is refused to %s, and nothing is noted", async (who, status, answer) => {
    const { cookieOf, ask, identities } = await setStage("live");
    expect(await ask(await cookieOf(who))).toMatchObject({ status, answer });
    expect(await identities()).toEqual([]);
  });

  it("has the same identity for the same tab, another for another tab, and tells nobody whose it is", async () => {
    const { cookieOf, ask, identities } = await setStage("live");
    const cookie = await cookieOf("viewer");
    const first = decode((await ask(cookie)).answer);
    const again = decode((await ask(cookie)).answer);
    const other = decode((await ask(cookie, { tab: "another-tab" })).answer);
    expect(again.sub).toBe(first.sub);
    expect(other.sub).not.toBe(first.sub);
    expect(first).not.toHaveProperty("name");
    expect(first).not.toHaveProperty("metadata");
    expect(first).not.toHaveProperty("attributes");
    expect(await identities()).toHaveLength(2);
  });

  it.each(["scheduled", "ended", "cancelled"] as const)(
    "is not there while the stream is %s",
    async (status) => {
      const { cookieOf, ask, identities } = await setStage(status);
      for (const who of ["viewer", "host"] as const) {
        const refused = { status: 409, answer: { ok: false, reason: "not_live", status } };
        expect(await ask(await cookieOf(who))).toMatchObject(refused);
      }
      expect(await identities()).toEqual([]);
    },
  );

  it("is the team's alone in rehearsal, of which viewers hear nothing", async () => {
    const { cookieOf, ask } = await setStage("rehearsal");
    const viewer = await ask(await cookieOf("viewer"));
    expect(viewer).toMatchObject({ status: 409, answer: { reason: "not_live", status: "scheduled" } });
    expect(await ask(await cookieOf("moderator"))).toMatchObject({ status: 200, answer: { ok: true } });
  });

  it("needs the tab it is for, a post, and a page of ours", async () => {
    const { path, cookieOf, ask, identities } = await setStage("live");
    const cookie = await cookieOf("viewer");
    for (const form of [{}, { tab: "x" }, { tab: "not a tab!" }] as Record<string, string>[])
      expect(await ask(cookie, form)).toMatchObject({ status: 400, answer: { ok: false, reason: "no_tab" } });
    expect((await web.fetch(`${path}/ticket`, { cookie })).status).toBe(405);
    const foreign = { cookie, form: { tab: "tab-of-a-test" }, headers: { origin: "https://evil.example" } };
    expect((await web.fetch(`${path}/ticket`, foreign)).status).toBe(403);
    const elsewhere = `${path.replace(/[^/]+$/, "no-such-stream")}/ticket`;
    expect((await web.fetch(elsewhere, { cookie, form: { tab: "tab-of-a-test" } })).status).toBe(404);
    expect(await identities()).toEqual([]);
  });

  it("is accepted by LiveKit for its own room, which sees only the identity", async () => {
    const { streamId, cookieOf, ask } = await setStage("live");
    await web.services.livekit.openRoom(streamId, { graceSeconds: 60 });
    const { answer } = await ask(await cookieOf("viewer"));
    const address = new URL("/rtc/validate", web.services.config.livekit.url);
    address.searchParams.set("access_token", answer.token ?? "");
    expect((await fetch(address)).status).toBe(200);
    await web.services.livekit.closeRoom(streamId);
  });
});

describe("a ticket to the live room, where the signal gate stands before it", () => {
  it("names no address but the page's own, and is no token of LiveKit's", async () => {
    const gated = await startTestWeb();
    const { stream, path, people } = await insertPeople(gated.db, { status: "live" });
    await gated.services.livekit.openRoom(stream.id, { graceSeconds: 60 });
    const { cookie } = await signIn(gated.db, people.viewer.id);
    const response = await gated.fetch(`${path}/ticket`, { cookie, form: { tab: "tab-of-a-test" } });
    const answer = (await response.json()) as Answer;
    expect(answer).toMatchObject({ ok: true, url: null });
    const { video, room, ...claims } = decodeJwt(answer.token ?? "");
    expect({ video, room }).toEqual({ video: undefined, room: stream.id });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(60);
    const { livekit, config } = gated.services;
    expect(await livekit.readToken(answer.token ?? "")).toBeUndefined();
    const address = new URL("/rtc/validate", config.livekit.url);
    address.searchParams.set("access_token", answer.token ?? "");
    expect((await fetch(address)).status).toBe(401);
    await livekit.closeRoom(stream.id);
    await gated.close();
  });
});
