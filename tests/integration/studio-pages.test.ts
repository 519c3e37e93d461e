import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt } from "jose";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StreamStatus } from "#db/types.ts";
import { insertPeople, signIn, unique } from "#tests/factories.ts";
import { insertLiveRecording, insertRunningAttempt } from "./recording-fixtures.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
let recorders: { free: boolean; url: string; close(): void };
beforeAll(async () => {
  recorders = await startRecorders();
  web = await startTestWeb({ env: { EGRESS_METRICS_URL: recorders.url } });
});
afterAll(async () => {
  await web.close();
  recorders.close();
});

/** The metrics that an egress service serves. */
async function startRecorders() {
  const server = createServer((_, response) => {
    response.end(`# TYPE x gauge\nlivekit_egress_can_accept_request{node="n"} ${recorders.free ? 1 : 0}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  return { free: true, url, close: () => server.close() };
}

type People = Awaited<ReturnType<typeof insertPeople>>["people"];
const outsiders = ["stranger", "ended", "banned", "viewer", "otherOwner"] as const;

async function setStage(status: StreamStatus = "scheduled") {
  const { stream, people, path } = await insertPeople(web.db, { status });
  const address = `/account/streams/${stream.id}`;
  const cookieOf = async (who: keyof People) => {
    const person = people[who];
    return person ? (await signIn(web.db, person.id)).cookie : undefined;
  };
  const row = () =>
    web.db.selectFrom("streams").selectAll().where("id", "=", stream.id).executeTakeFirstOrThrow();
  const form = () => ({ tab: unique("tab"), live_key: randomUUID(), record: "yes" });
  return { streamId: stream.id, path, address, cookieOf, row, form, people };
}

const textOf = (html: string) =>
  html
    .replaceAll(/<script[\s\S]*?<\/script>/g, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&#x27;", "'")
    .replaceAll(/\s+/g, " ");

describe("the studio's page", () => {
  it("is there for the team, and for nobody else", async () => {
    const { address, cookieOf } = await setStage("live");
    for (const who of ["owner", "host", "moderator"] as const) {
      expect((await web.fetch(address, { cookie: await cookieOf(who) })).status, who).toBe(200);
    }
    for (const who of outsiders) {
      expect((await web.fetch(address, { cookie: await cookieOf(who) })).status, who).toBe(404);
    }
    const nobody = await web.fetch(address);
    expect(nobody.status).toBe(302);
    expect(nobody.headers.get("location")).toContain("/sign-in?to=");
  });

  it("says without scripts how far is verified, why it lags, what was left out and what cannot be heard", async () => {
    const { services, db } = web;
    const live = await insertLiveRecording(services);
    const { id, prefix } = await insertRunningAttempt(services, live);
    const { cookie } = await signIn(db, live.people.host.id);
    const at = (seconds: number) => sql<Date>`clock_timestamp() - make_interval(secs => ${seconds})`;
    await db
      .updateTable("streams")
      .set({ live_at: at(100) })
      .where("id", "=", live.streamId)
      .execute();
    const segment = (number: number) => ({ attempt_id: id, number, key: `${prefix}${number}`, bytes: 1 });
    await db
      .insertInto("streaming_recording_segments")
      .values([
        { ...segment(0), program_time: at(40), duration_ticks: 180_000 },
        { ...segment(1), problem: "truncated" },
      ])
      .execute();
    const read = async () => {
      const answer = await web.fetch(`/account/streams/${live.streamId}`, { cookie });
      const html = await answer.text();
      expect(html).toMatch(/<noscript><meta http-equiv="refresh" content="15"/i);
      return textOf(html);
    };
    const lagging = (lag: string | null) =>
      db.updateTable("streaming_recording_attempts").set({ lag }).where("id", "=", id).execute();
    await lagging("storage_away");
    const words = await read();
    expect(words).toMatch(/Recorded and verified until 01:0[0-3]/);
    expect(words).toContain("It lags: storage does not answer, or refuses.");
    expect(words).toContain("One piece is left out of it (cut off).");
    expect(words).not.toContain("No sound for over a minute");
    await lagging("silent");
    expect(await read()).toContain("It lags: nothing new comes from the recorder.");
    await lagging(null);
    await db
      .insertInto("streaming_recording_blanks")
      .values({ recording_id: live.recordingId, kind: "silent", since: at(70), published: "on" })
      .execute();
    const later = await read();
    expect(later).toContain("It lags: nothing newer has been read back for some time.");
    expect(later).toContain("No sound for over a minute");
    await db
      .updateTable("streaming_recording_attempts")
      .set({ status: "failed", sealed_at: new Date() })
      .where("id", "=", id)
      .execute();
    expect(await read()).toContain("another one is being started");
    await db
      .updateTable("streaming_recording_segments")
      .set({ program_time: at(4) })
      .where("attempt_id", "=", id)
      .where("number", "=", 0)
      .execute();
    expect(await read()).not.toContain("It lags");
  });

  it("does not know streams that there are not", async () => {
    const { cookieOf } = await setStage();
    const cookie = await cookieOf("host");
    for (const id of ["nothing", randomUUID(), "1"]) {
      expect((await web.fetch(`/account/streams/${id}`, { cookie })).status, id).toBe(404);
    }
  });

  it("says without scripts that broadcasting needs them, and can still end what runs", async () => {
    const { address, cookieOf } = await setStage("live");
    const html = await (await web.fetch(address, { cookie: await cookieOf("host") })).text();
    expect(textOf(html)).toContain("Broadcasting needs scripts");
    expect(html).toContain(`action="${address}/broadcast"`);
    expect(html).toMatch(/<html[^>]*data-lights="down"/);
  });

  it.each([
    ["scheduled", "Scheduled"],
    ["rehearsal", "Stop rehearsal"],
    ["ended", "This stream has ended"],
    ["cancelled", "This stream was cancelled"],
  ] as const)("shows a stream that is %s", async (status, words) => {
    const { address, cookieOf } = await setStage(status);
    expect(textOf(await (await web.fetch(address, { cookie: await cookieOf("host") })).text())).toContain(
      words,
    );
  });

  it("is read-only for a moderator, who can end a stream and not rehearse one", async () => {
    const { address, cookieOf, row, form } = await setStage("rehearsal");
    const cookie = await cookieOf("moderator");
    const html = await (await web.fetch(address, { cookie })).text();
    expect(html).not.toContain(`${address}/rehearsal`);
    for (const target of ["rehearsal", "broadcast", "lease", "token"]) {
      const answer = await web.fetch(`${address}/${target}`, {
        cookie,
        form: { ...form(), take_over: "yes" },
      });
      expect(answer.status, target).toBe(403);
    }
    const stop = await web.fetch(`${address}/rehearsal`, { cookie, form: { _method: "delete" } });
    expect(stop.status).toBe(403);
    expect((await row()).status).toBe("rehearsal");
  });
});

describe("the studio's forms", () => {
  it("change nothing for whoever is not of the team", async () => {
    const { address, cookieOf, row, form } = await setStage("live");
    for (const who of outsiders) {
      const cookie = await cookieOf(who);
      for (const target of ["broadcast", "rehearsal", "lease", "token"]) {
        const answer = await web.fetch(`${address}/${target}`, {
          cookie,
          form: { ...form(), take_over: "yes" },
        });
        expect(answer.status, `${who} ${target}`).toBe(404);
        const away = await web.fetch(`${address}/${target}`, { cookie, form: { _method: "delete" } });
        expect([400, 404], `${who} ${target}`).toContain(away.status);
      }
    }
    const nobody = await web.fetch(`${address}/broadcast`, { form: { _method: "delete" } });
    expect(nobody.status).toBe(303);
    expect(nobody.headers.get("location")).toContain("/sign-in");
    expect((await row()).status).toBe("live");
  });

  it("refuse what is incomplete or no form, and other sites", async () => {
    const { address, cookieOf, row, form } = await setStage();
    const cookie = await cookieOf("host");
    const whole = form();
    for (const name of ["tab", "live_key", "record"] as const) {
      const { [name]: _, ...rest } = whole;
      expect((await web.fetch(`${address}/broadcast`, { cookie, form: rest })).status, name).toBe(400);
      const doubled: [string, string][] = [...Object.entries(whole), [name, whole[name]]];
      expect((await web.fetch(`${address}/broadcast`, { cookie, form: doubled })).status, name).toBe(400);
    }
    expect((await web.fetch(`${address}/broadcast`, { cookie, method: "POST", body: "{}" })).status).toBe(
      400,
    );
    const headers = { origin: "https://elsewhere.example" };
    expect((await web.fetch(`${address}/broadcast`, { cookie, form: whole, headers })).status).toBe(403);
    expect((await row()).status).toBe("scheduled");
  });

  it("lead back to the studio when they are opened as pages", async () => {
    const { address, cookieOf } = await setStage();
    for (const target of ["broadcast", "rehearsal", "lease", "token"]) {
      const answer = await web.fetch(`${address}/${target}`, { cookie: await cookieOf("host") });
      expect(answer.status, target).toBe(302);
      expect(answer.headers.get("location"), target).toBe(address);
    }
  });

  it("go live, give the tab that did a token for this one room, and end it, without scripts too", async () => {
    const { address, cookieOf, row, form, streamId } = await setStage();
    const cookie = await cookieOf("host");
    const whole = form();
    expect((await web.fetch(`${address}/broadcast`, { cookie, form: whole })).status).toBe(200);
    expect((await row()).status).toBe("live");

    const other = await web.fetch(`${address}/token`, { cookie, form: { tab: unique("tab") } });
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({
      reason: "elsewhere",
      message: expect.stringContaining("take over"),
    });
    const minted = await web.fetch(`${address}/token`, { cookie, form: { tab: whole.tab } });
    expect(minted.headers.get("cache-control")).toBe("private, no-store");
    const { token } = (await minted.json()) as { token: string };
    expect(decodeJwt(token)).toMatchObject({
      aud: "frontrow-signal-gate",
      sub: expect.stringMatching(/^h_/),
      room: streamId,
    });

    const end = await web.fetch(`${address}/broadcast`, { cookie, form: { _method: "delete" } });
    expect(end.status).toBe(303);
    expect(end.headers.get("location")).toBe(address);
    const { status, ended_at } = await row();
    expect(status).toBe("ended");
    expect((await web.fetch(`${address}/broadcast`, { cookie, form: { _method: "delete" } })).status).toBe(
      303,
    );
    expect((await row()).ended_at).toEqual(ended_at);
    expect((await web.fetch(`${address}/token`, { cookie, form: { tab: whole.tab } })).status).toBe(409);
  });

  it("a host of the team takes over, and the former tab gets no token any more (F3)", async () => {
    const { address, cookieOf, form } = await setStage();
    const [host, owner] = [await cookieOf("host"), await cookieOf("owner")];
    const [first, second] = [form(), form()];
    await web.fetch(`${address}/broadcast`, { cookie: host, form: first });
    const polite = await web.fetch(`${address}/lease`, {
      cookie: owner,
      form: { tab: second.tab, take_over: "no" },
    });
    expect(polite.status).toBe(409);
    const taken = await web.fetch(`${address}/lease`, {
      cookie: owner,
      form: { tab: second.tab, take_over: "yes" },
    });
    expect(taken.status).toBe(200);
    expect((await web.fetch(`${address}/token`, { cookie: host, form: { tab: first.tab } })).status).toBe(
      409,
    );
    expect((await web.fetch(`${address}/token`, { cookie: owner, form: { tab: second.tab } })).status).toBe(
      200,
    );
  });

  it("without a free recorder change nothing, until the host chooses to go live without one (F8)", async () => {
    const { address, cookieOf, form, row, streamId } = await setStage();
    const cookie = await cookieOf("host");
    recorders.free = false;
    const refused = await web.fetch(`${address}/broadcast`, { cookie, form: form() });
    expect(refused.status).toBe(409);
    expect(await row()).toMatchObject({ status: "scheduled", live_key: null });
    const chosen = await web.fetch(`${address}/broadcast`, { cookie, form: { ...form(), record: "no" } });
    recorders.free = true;
    expect(chosen.status).toBe(200);
    expect((await row()).status).toBe("live");
    const recordings = await web.db
      .selectFrom("streaming_recordings")
      .select("id")
      .where("stream_id", "=", streamId)
      .execute();
    expect(recordings).toEqual([]);
  });
});
