import { randomUUID } from "node:crypto";
import type { BrowserContext } from "@playwright/test";
import { openHostile } from "#tests/browser/hostile.ts";
import { openHostileDoors, waysOfViewers } from "#tests/browser/hostile-doors.ts";
import { openProfile } from "#tests/browser/people.ts";
import { insertStream, signIn } from "#tests/factories.ts";
import { insertReadyRecording } from "#tests/ready-recording.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { endGrant } from "./access-tools.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, recordingsOf, until } from "./studio-tools.ts";

export const name = "F27";
export const title =
  "Somebody who is banned, or whose pass is taken back, comes back with every token they ever had, by every door";

export const run: Fault["run"] = async (tools) => {
  const { db, web, env, say } = tools;
  const air = await goOnAir(tools);
  try {
    const userId = air.people.viewer.id;
    const { cookie } = await signIn(db, air.people.moderator.id);
    const post = async (to: string, form: Record<string, string>) => {
      const answer = await fetch(`${web.url}${air.path}/chat/${to}`, {
        method: "POST",
        headers: { cookie, origin: web.url, accept: "application/json" },
        body: new URLSearchParams(form),
      });
      promise(answer.ok, `${to} is taken (${answer.status})`);
    };
    const ban = (form: Record<string, string>) => post(`people/${userId}/ban`, { scope: "space", ...form });
    const leave = async ({ request }: BrowserContext) => {
      // A device gives up its place, which the next one needs.
      await request.post(`${web.url}/sign-out`, { headers: { origin: web.url } });
    };
    const openDevice = () => openProfile(air.viewerBrowser, { url: web.url, db, userId });
    await leave(air.watching.context());
    await air.watching.context().close();

    const addresses = (streamId: string, recordingId: string) =>
      ["index.m3u8", "1/0.ts"].map((file) => `/media/${streamId}/${recordingId}/${file}`);
    const of = { experienceId: air.experience.id, createdBy: air.people.owner.id };
    const earlier = await insertStream(db, { ...of, status: "live" });
    const { recordingId } = await insertReadyRecording(env, earlier.id);
    const [recording] = await recordingsOf(tools, air.stream.id);
    const media = {
      segments: addresses(earlier.id, recordingId),
      unserved: addresses(air.stream.id, recording!.id),
    };

    const saw: string[] = [];
    for (const what of ["banned", "revoked"] as const) {
      const profile = await openDevice();
      const [client, other] = [
        await openHostile(profile, { address: air.path }),
        await openHostile(profile, { address: air.path }),
      ];
      for (const each of [client, other]) {
        await each.join();
        await until(
          () => each.frames(),
          (frames) => frames > 0,
          { seconds: 20, words: "it sees the picture" },
        );
      }
      const second = await openDevice();
      const doors = await openHostileDoors(second, { url: web.url, address: air.path, ...media });
      const may = await doors.tryAll();
      promise(
        waysOfViewers.join() === may.open.join(),
        `what is open before is what viewers need (${JSON.stringify(may)})`,
      );
      promise(
        (await doors.unserved()).every((status) => status === 404),
        "the live recording is not served",
      );
      const before = `Before ${what}`;
      await post("messages", { id: randomUUID(), text: before });
      await until(
        async () => doors.heard.includes(before),
        (heard) => heard,
        { seconds: 10, words: "its own chat client hears what is said" },
      );

      // One of them keeps its media and has no signal socket any more; the other one has the tokens of both.
      await client.takeTokens(await other.tokens());
      await client.loop(4);
      await other.dropSignal();
      const kept = await other.frames();
      await until(
        () => other.frames(),
        (frames) => frames > kept,
        { seconds: 3, words: "its picture goes on without a signal socket" },
      );
      promise(!(await other.hasSignal()), "it has no signal socket");
      say(`${what}, with ${(await client.tokens()).length} tokens and four loops …`);
      if (what === "banned") await ban({});
      else await endGrant(tools, air);
      await client.page.waitForTimeout(3_000);
      const all = [client, other, doors.page];
      const frames = async () =>
        (await Promise.all(all.map((each) => each.frames()))).reduce((sum, each) => sum + each, 0);
      const atThree = await frames();
      await client.page.waitForTimeout(6_000);
      const after = (await frames()) - atThree;
      const answers = await client.answers();
      promise(after === 0, `no frame from 3 s to 9 s after (${after}; ${JSON.stringify(answers)})`);
      // Four loops are soon told that it is too often, for the rest of a minute.
      await until(
        () => client.answers(),
        (each) => (each["refused 403"] ?? 0) > 0,
        { seconds: 70, words: "it is refused at the gate" },
      );

      say("every other door …");
      const tried = await doors.tryAll();
      promise(tried.open.length === 0, `no door is open (${JSON.stringify(tried)})`);
      const unserved = await doors.unserved();
      promise(
        unserved.every((status) => status === 403),
        `nor to the live recording (${unserved.join()})`,
      );
      const later = `After ${what}`;
      await post("messages", { id: randomUUID(), text: later });
      const straight = await doors.straight(env.LIVEKIT_URL ?? "", { seconds: 8 });
      promise(straight.joined > 0, "whoever reaches LiveKit's own port gets in with an old token");
      promise(!doors.heard.includes(later), "its chat client hears nothing more");
      promise(
        straight.stayed === 0,
        `who passes the gate by is put out of the room (${JSON.stringify(straight)})`,
      );
      saw.push(
        `${what}: 0 frames from 3 s on, answers ${JSON.stringify(answers)}; other doors ${JSON.stringify(tried.said)}; ` +
          `straight at LiveKit's port, private in a deployment: joined ${straight.joined} times, ${straight.frames} frames, put out each time`,
      );
      await doors.close();
      for (const device of [profile, second]) {
        await leave(device);
        await device.close();
      }
      if (what === "banned") {
        await ban({ lift: "1" });
        await notifyChange(db, { kind: "person", userId });
      }
    }
    return {
      did: "banned, then (the ban lifted) revoked, while two scripted tabs and a second device watched, which then tried every door",
      saw: saw.join("; "),
    };
  } finally {
    await air.close();
  }
};
