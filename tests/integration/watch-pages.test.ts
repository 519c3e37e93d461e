import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findAudience } from "#app/domain/presence/presence.ts";
import type { RecordingStatus, StreamStatus } from "#db/types.ts";
import {
  ago,
  ban,
  inFuture,
  insertGrant,
  insertPass,
  insertPeople,
  insertUser,
  signIn,
} from "#tests/factories.ts";
import { startTestWeb, type TestWeb } from "./setup.ts";

let web: TestWeb;
beforeAll(async () => {
  web = await startTestWeb();
});
afterAll(() => web.close());

type Who = keyof Awaited<ReturnType<typeof insertPeople>>["people"];

async function setStage(status: StreamStatus = "scheduled", set: Record<string, unknown> = {}) {
  const stage = await insertPeople(web.db, { status });
  const { stream, path, people } = stage;
  const change = (values: Record<string, unknown>) =>
    web.db.updateTable("streams").set(values).where("id", "=", stream.id).execute();
  await change({ title: "Colour grading & you", ...set });
  const read = async (who: Who) => {
    const person = people[who];
    const cookie = person ? (await signIn(web.db, person.id)).cookie : undefined;
    const response = await web.fetch(path, { cookie });
    const html = await response.text();
    return { status: response.status, headers: response.headers, html, text: textOf(html), ...said(html) };
  };
  const record = (recording: RecordingStatus) =>
    web.db
      .insertInto("streaming_recordings")
      .values({
        stream_id: stream.id,
        status: recording,
        ready_at: recording === "ready" ? sql`now()` : null,
      })
      .returning("id")
      .executeTakeFirstOrThrow();
  return { ...stage, change, read, record };
}

/** What a reader sees without scripts. */
const textOf = (html: string) =>
  html
    .replace(/^[\s\S]*?<main/, "<main")
    .replaceAll(/<script[\s\S]*?<\/script>/g, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&amp;", "&")
    .replaceAll(/&#x27;|&#39;/g, "'")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ (?=[,.])/g, "")
    .trim();

const said = (html: string) => ({
  refresh: Number(/http-equiv="refresh" content="(\d+)"/i.exec(html)?.[1] ?? 0) || undefined,
  dark: /<html[^>]*data-lights="down"/.test(html),
});

describe("the page of a stream, read without scripts", () => {
  it("announces it: when, what opens it, and for how long one's pass does", async () => {
    const { read } = await setStage("scheduled", { starts_at: inFuture("74 hours 30 minutes") });
    const { status, text, refresh, dark, headers } = await read("viewer");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(text).toContain("Colour grading & you");
    expect(text).toContain("starts in 3 d 2 h");
    expect(text).toContain("Your pass A pass opens this stream, without an end.");
    expect(refresh).toBe(6 * 3600);
    expect(dark).toBe(false);
  });

  it("says until when of a pass that lets people finish: its own end, and once that is over the stream's", async () => {
    const { read, grant } = await setStage("live");
    const endAt = (endsAt: ReturnType<typeof ago>) =>
      web.db.updateTable("access_grants").set({ ends_at: endsAt }).where("id", "=", grant.id).execute();
    expect((await read("viewer")).text).toContain("Your pass A pass opens this stream, without an end.");
    await endAt(inFuture("10 minutes"));
    expect((await read("viewer")).text).toMatch(/Your pass A pass opens this stream until \w{3} \d/);
    await endAt(ago("1 second"));
    expect((await read("viewer")).text).toContain("Your pass A pass opens this stream to its end.");
  });

  it("opens its doors half an hour before, says how many are here, and asks again in the frame of its chat", async () => {
    const { read, streamId, viewers } = await withPeople();
    const { text, refresh } = await read("viewer");
    expect(viewers).toBe(2);
    expect(streamId).toBeTruthy();
    expect(text).toContain("Doors are open.");
    expect(text).not.toContain("The host is preparing.");
    expect(text).toContain("2 people are here");
    expect(refresh).toBeUndefined();
  });

  async function withPeople() {
    const stage = await setStage("scheduled", { starts_at: inFuture("20 minutes") });
    for (const user of [stage.people.viewer, stage.people.otherOwner]) {
      const seen = { stream_id: stage.stream.id, user_id: user.id, tab: "tab-other", audience: true };
      await web.db.insertInto("stream_presence").values(seen).execute();
    }
    return { ...stage, streamId: stage.stream.id, viewers: 2 };
  }

  it("keeps a rehearsal to the team, which finds its studio there", async () => {
    const { read, stream } = await setStage("rehearsal", { starts_at: inFuture("20 minutes") });
    const host = await read("host");
    expect(host.text).toContain("Only the team sees this");
    expect(host.html).toContain(`/account/streams/${stream.id}`);
    expect(host.dark).toBe(true);
    const viewer = await read("viewer");
    expect(viewer.text).toContain("Doors are open. The host is preparing.");
    for (const { html } of [viewer, await read("stranger")])
      expect(html.toLowerCase()).not.toContain("rehears");
  });

  it("is dark while it is live, counts who watches, has no ticket in it, and asks again in the frame of its chat", async () => {
    const { read } = await setStage("live");
    const { text, html, dark, refresh } = await read("viewer");
    expect(text).toMatch(/Live for 10:0\d/);
    expect(text).toContain("Nothing is recorded of this, and without JavaScript");
    expect(html).not.toContain("<video");
    expect(text).toMatch(/watching now Most at once \d Watched so far \d/);
    expect(html).toContain('rel="modulepreload"');
    expect(html).not.toMatch(/eyJ[\w-]+\./);
    expect(dark).toBe(true);
    // Its chat is open: somebody may be writing, and the list's frame says what changes.
    expect(refresh).toBeUndefined();
    expect(html).toMatch(/<iframe[^>]*src="[^"]*\/chat\?shown=live"/);
  });

  it("has the browser's own player on what is recorded as soon as something is, for who may watch", async () => {
    const { read, record, stream } = await setStage("live");
    const { id: recordingId } = await record("recording");
    const attempt = await web.db
      .insertInto("streaming_recording_attempts")
      .values({
        recording_id: recordingId,
        number: 1,
        prefix: `recordings/${stream.id}/1/`,
        status: "active",
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const before = await read("viewer");
    expect(before.html).not.toContain("live.m3u8");
    expect(before.text).toContain("There is nothing yet that plays without JavaScript. Load this page again");
    await web.db
      .insertInto("streaming_recording_segments")
      .values({
        attempt_id: attempt.id,
        number: 0,
        key: `recordings/${stream.id}/1/seg_00000.ts`,
        bytes: 1000,
        duration_ticks: 180_000,
        program_time: ago("3 seconds"),
      })
      .execute();
    const playlist = `/media/${stream.id}/${recordingId}/live.m3u8`;
    for (const who of ["viewer", "moderator", "host"] as const) {
      const { html, text, refresh } = await read(who);
      const withoutScript = /<noscript>((?:(?!<\/noscript>)[\s\S])*<video[\s\S]*?)<\/noscript>/.exec(
        html,
      )?.[1];
      expect(withoutScript).toContain(`src="${playlist}"`);
      expect(withoutScript).toMatch(/<video[^>]* controls=""/);
      expect(text).toContain("Without JavaScript the picture comes some 10 seconds late");
      // A page that loads itself again would begin the picture anew each time.
      expect(refresh).toBeUndefined();
    }
    for (const who of ["nobody", "stranger", "ended", "banned", "otherOwner"] as const)
      expect((await read(who)).html).not.toContain(recordingId);
  });

  it("says that the host is reconnecting, and that the stream stays", async () => {
    const { read } = await setStage("live", { host_absent_since: ago("3 seconds") });
    const words = "The host's connection dropped. They are reconnecting, and the stream stays open.";
    expect((await read("viewer")).text).toContain(words);
    expect((await read("stranger")).text).not.toContain("reconnecting");
  });

  it("says after the end how far the replay is, and asks again by itself", async () => {
    const { read, record, change } = await setStage("ended");
    await change({ live_at: ago("20 minutes"), ended_at: ago("1 second"), chat_after_minutes: 0 });
    await record("finalizing");
    const { text, refresh, dark } = await read("viewer");
    expect(text).toContain("The replay is being put together from its pieces.");
    expect(text).toContain("for 19:59");
    expect(refresh).toBe(5);
    expect(dark).toBe(false);
  });

  it("says so when there is no replay, because it was not recorded or because that failed", async () => {
    const none = await setStage("ended");
    expect((await none.read("viewer")).text).toContain(
      "This stream was not recorded, so there is no replay.",
    );
    const failed = await setStage("ended", { ended_reason: "host_lost" });
    await failed.record("failed");
    const { text, refresh } = await failed.read("viewer");
    expect(text).toContain("The recording of this stream failed, so there is no replay.");
    expect(text).toContain("the host's connection was lost and did not come back");
    expect(refresh).toBeUndefined();
  });

  it("says in the frame of its chat what has happened since, with a way there", async () => {
    const { people, path, change } = await setStage("live");
    const list = async (shown: string) =>
      (
        await web.fetch(`${path}/chat?shown=${shown}`, {
          cookie: (await signIn(web.db, people.viewer.id)).cookie,
        })
      ).text();
    const live = await list("live");
    expect(live).not.toContain("Show it");
    // The page around it does not load itself again.
    expect(textOf(live)).toMatch(/\d watching · load the page again/);
    expect(live).toMatch(new RegExp(`<a href="${path}" target="_top">`));
    await change({ status: "ended", ended_at: ago("1 second"), ended_reason: "host" });
    const told = await list("live");
    expect(told).toContain("The stream has ended.");
    expect(told).toMatch(new RegExp(`<a href="${path}" target="_top">`));
    expect(await list("ended")).not.toContain("Show it");
  });

  it("says in the frame of its chat why it can be read no more, with the way to where it says more", async () => {
    const { people, path } = await setStage("live");
    const of = async (who: "ended" | "banned" | "stranger") => {
      const response = await web.fetch(`${path}/chat`, {
        cookie: (await signIn(web.db, people[who].id)).cookie,
      });
      expect(response.status).toBe(403);
      return response.text();
    };
    const ended = await of("ended");
    expect(textOf(ended)).toMatch(/Your pass .* has run out\./);
    expect(ended).toMatch(new RegExp(`<a[^>]*href="${path}"[^>]*>To the stream`));
    expect(/<a[^>]*>To the stream/.exec(ended)![0]).toContain('target="_top"');
    expect(textOf(await of("banned"))).toContain("has banned you from");
    expect(textOf(await of("stranger"))).toContain("You have no pass that opens this stream.");
  });

  it("says in the frame of its chat that the host is away, and back", async () => {
    const { people, path, change, read } = await setStage("live", { host_absent_since: ago("3 seconds") });
    expect((await read("viewer")).html).toMatch(/<iframe[^>]*src="[^"]*\/chat\?shown=away"/);
    const { cookie } = await signIn(web.db, people.viewer.id);
    const list = async (shown: string) => (await web.fetch(`${path}/chat?shown=${shown}`, { cookie })).text();
    expect(textOf(await list("live"))).toContain("The host's connection dropped. They are reconnecting.");
    await change({ host_absent_since: null });
    expect(await list("away")).toContain("The host is back.");
  });

  it("plays the replay", async () => {
    const { read, record, stream } = await setStage("ended");
    const { id } = await record("ready");
    const { html, text, refresh } = await read("viewer");
    expect(html).toContain(`<source src="/media/${stream.id}/${id}/index.m3u8"`);
    expect(refresh).toBeUndefined();
    expect((await read("stranger")).html).not.toContain("/media/");
    expect(text).toContain("The file that plays everywhere is being made, 0 % so far. Load this page again");
    const file = { recording_id: id, kind: "mp4", progress: 0.425, status: "running" as const };
    await web.db.insertInto("streaming_recording_exports").values(file).execute();
    expect((await read("viewer")).text).toContain("is being made, 42 % so far.");
    const exported = web.db.updateTable("streaming_recording_exports").where("recording_id", "=", id);
    await exported.set({ status: "failed" }).execute();
    expect((await read("viewer")).text).toContain("the file that plays without could not be made");
    await exported.set({ status: "ready" }).execute();
    expect((await read("viewer")).text).not.toContain("Where nothing plays");
  });

  it("says that it was cancelled, to everybody, and where to look instead", async () => {
    const { read, space, experience } = await setStage("cancelled");
    for (const who of ["nobody", "stranger", "viewer"] as const) {
      const { text, html } = await read(who);
      expect(text).toContain("This stream was cancelled");
      expect(html).toContain(`href="/${space.slug}/${experience.slug}"`);
    }
  });

  it("is not there at an address that nobody gave", async () => {
    const { path } = await setStage();
    expect((await web.fetch(path.replace(/[^/]+$/, "another"))).status).toBe(404);
    expect((await web.fetch(`${path}%00`)).status).toBe(404);
  });
});

describe("without access", () => {
  const reasons = {
    nobody: "This stream is for people with a pass.",
    stranger: "You have no pass that opens this stream.",
    ended: "has run out.",
    banned: "has banned you from its streams.",
    otherOwner: "You have no pass that opens this stream.",
  };

  it.each(Object.entries(reasons))(
    "%s reads why, and no more than the public may know",
    async (who, reason) => {
      const { read, people, path } = await setStage("live");
      const { status, text, html, dark } = await read(who as Who);
      expect(status).toBe(200);
      expect(text).toContain(reason);
      expect(text).toContain("Live now");
      expect(text).not.toContain("watching now");
      expect(html).not.toContain('"/assets/livekit');
      expect(dark).toBe(false);
      const person = people[who as Who];
      expect(text).toContain(person ? person.email : "Sign in");
      expect(html).toContain(`/sign-in?to=${encodeURIComponent(path)}`);
    },
  );

  it("one reads after the end when it really was live, not when it was planned", async () => {
    const { read, change } = await setStage("ended", { starts_at: new Date("2027-03-01T18:00:00Z") });
    await change({
      live_at: new Date("2027-02-27T18:30:00Z"),
      ended_at: new Date("2027-02-27T19:30:00Z"),
    });
    const { text } = await read("stranger");
    expect(text).toContain("It was live on Sat 27 Feb 2027");
    expect(text).not.toContain("1 Mar 2027");
  });

  it("one reads what opens it, with the way to get that", async () => {
    const { read, pass, space, path } = await setStage("live");
    const { text, html } = await read("stranger");
    expect(text).toContain("What opens it");
    expect(text).toContain("Use another address");
    expect(html).toContain(`href="/${space.slug}/passes/${pass.slug}?to=${encodeURIComponent(path)}"`);
    await web.db
      .updateTable("access_passes")
      .set({ retired_at: sql`now()` })
      .where("id", "=", pass.id)
      .execute();
    expect((await read("stranger")).text).toContain("No pass that opens it is offered at the moment.");
    expect((await read("banned")).text).not.toContain("What opens it");
  });

  it.each([
    ["cancelled", "The space took yours back. Only they can give it to you again."],
    ["refunded", "The space paid yours back. Only they can give it to you again."],
  ] as const)(
    "whose free pass was %s is not offered it again, here or where its streams stand, but what else opens it",
    async (status, why) => {
      const { read, pass, space, experience, people, path } = await setStage("live");
      const last = await insertGrant(web.db, { passId: pass.id, userId: people.stranger.id, status });
      const another = await insertPass(web.db, {
        spaceId: space.id,
        experienceIds: [experience.id],
        name: "Another",
      });
      const programme = async (who: Who) => {
        const person = people[who];
        const cookie = person ? (await signIn(web.db, person.id)).cookie : undefined;
        return (await web.fetch(`/${space.slug}/${experience.slug}`, { cookie })).text();
      };
      const [refused, streams] = [await read("stranger"), await programme("stranger")];
      for (const html of [refused.html, streams]) {
        expect(linksOf(html)).toContain("Get it: Another");
        expect(linksOf(html)).not.toContain(`Get it: ${pass.name}`);
        expect(textOf(html)).toContain(why);
      }
      expect(refused.html).toMatch(goTo(another.slug));
      expect(refused.html).not.toMatch(goTo(pass.slug));
      for (const who of ["nobody", "ended", "otherOwner"] as const) {
        for (const html of [(await read(who)).html, await programme(who)]) {
          expect(linksOf(html)).toContain(`Get it: ${pass.name}`);
          expect(html).not.toContain(why);
        }
      }
      for (const who of ["viewer", "moderator", "host", "owner"] as const)
        expect((await read(who)).text).not.toContain("What opens it");
      // Who is shut out gets none of them, and the page of its streams does not offer any.
      const shut = await insertUser(web.db);
      await ban(web.db, { spaceId: space.id, userId: shut.id, by: people.owner.id });
      const { cookie } = await signIn(web.db, shut.id);
      for (const address of [path, `/${space.slug}/${experience.slug}`])
        expect(linksOf(await (await web.fetch(address, { cookie })).text()).join()).not.toContain("Get it");

      await web.db
        .updateTable("access_passes")
        .set({ on_sale: false })
        .where("id", "=", another.id)
        .execute();
      const alone = await read("stranger");
      expect(linksOf(alone.html).join()).not.toContain("Get it");
      expect(alone.text).toContain("No other pass that opens it is offered at the moment.");
      // With a price it can be asked for again, and what was restored and then ran out can be got again.
      await web.db.updateTable("access_passes").set({ price_minor: 500 }).where("id", "=", pass.id).execute();
      expect(linksOf((await read("stranger")).html)).toContain(`Ask for it: ${pass.name}`);
      await web.db.updateTable("access_passes").set({ price_minor: 0 }).where("id", "=", pass.id).execute();
      await web.db
        .updateTable("access_grants")
        .set({ status: "expired", ends_at: ago("1 hour"), status_changed_at: ago("1 hour") })
        .where("id", "=", last.id)
        .execute();
      expect(linksOf((await read("stranger")).html)).toContain(`Get it: ${pass.name}`);
    },
  );

  const linksOf = (html: string) =>
    [...html.matchAll(/<a [^>]*aria-label="([^"]*)"/g)].map(([, label]) => label);
  const goTo = (slug: string) => new RegExp(`<a [^>]*data-kind="go"[^>]*/passes/${slug}\\b`);
});

describe("a page load without scripts", () => {
  /** All of a second are written together, and nobody twice in four. */
  const written = { timeout: 8_000 };
  /** The audience, counted anew: what was counted is kept for about a second. */
  async function countAgain(streamId: string) {
    await web.db.deleteFrom("stream_audiences").where("stream_id", "=", streamId).execute();
    return findAudience(web.db, streamId);
  }

  it("counts a viewer, and neither the team nor somebody without access", async () => {
    const { read, stream } = await setStage("live");
    for (const who of ["viewer", "viewer", "host", "stranger", "nobody"] as const) await read(who);
    await expect.poll(() => countAgain(stream.id), written).toEqual({ now: 1, peak: 1, total: 1 });
  });

  it("goes on counting by the frame of its chat, which asks in its place", async () => {
    const { people, stream, path } = await setStage("live");
    const here = async () => (await countAgain(stream.id))?.now;
    for (const who of ["stranger", "ended", "banned", "moderator"] as const)
      await web.fetch(`${path}/chat`, { cookie: (await signIn(web.db, people[who].id)).cookie });
    const { cookie } = await signIn(web.db, people.viewer.id);
    await web.fetch(`${path}/chat`, { cookie });
    await expect.poll(here, written).toBe(1);
    await web.db
      .updateTable("stream_presence")
      .set({ last_seen: ago("20 seconds") })
      .where("stream_id", "=", stream.id)
      .execute();
    expect(await here()).toBe(0);
    // It asks every few seconds, and not each time is written.
    const askAgain = () => web.fetch(`${path}/chat?shown=live`, { cookie });
    await expect.poll(() => askAgain().then(here), written).toBe(1);
  });
});
