import { openHostile } from "#tests/browser/hostile.ts";
import { openProfile } from "#tests/browser/people.ts";
import { signIn } from "#tests/factories.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { endGrant } from "./access-tools.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, recordingsOf, until } from "./studio-tools.ts";

export const name = "F27";
export const title =
  "Somebody who is banned, or whose pass is taken back, comes back with every token they ever had, in four loops";

export const run: Fault["run"] = async (tools) => {
  const { db, web, say } = tools;
  const air = await goOnAir(tools);
  try {
    const userId = air.people.viewer.id;
    const { cookie } = await signIn(db, air.people.moderator.id);
    const ban = async (form: Record<string, string>) => {
      const answer = await fetch(`${web.url}${air.path}/chat/people/${userId}/ban`, {
        method: "POST",
        headers: { cookie, origin: web.url, accept: "application/json" },
        body: new URLSearchParams(form),
      });
      promise(answer.ok, `a ban is taken (${answer.status})`);
    };
    const [recording] = await recordingsOf(tools, air.stream.id);
    const saw: string[] = [];
    for (const what of ["banned", "revoked"] as const) {
      const profile = await openProfile(air.viewerBrowser, { url: web.url, db, userId });
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
      // One of them keeps its media and has no signal socket any more; the other one has the tokens of both.
      await client.takeTokens(await other.tokens());
      await other.dropSignal();
      await client.loop(4);
      say(`${what}, with ${(await client.tokens()).length} tokens and four loops …`);
      if (what === "banned") await ban({ scope: "space" });
      else await endGrant(tools, air);
      await client.page.waitForTimeout(3_000);
      const frames = async () => (await client.frames()) + (await other.frames());
      const before = await frames();
      await client.page.waitForTimeout(6_000);
      const after = (await frames()) - before;
      const answers = await client.answers();
      promise(after === 0, `no frame from 3 s to 9 s after (${after}; ${JSON.stringify(answers)})`);
      promise((answers["refused 403"] ?? 0) > 0, "it was refused at the gate");
      const replay = await client.page.request.get(`/media/${air.stream.id}/${recording!.id}/index.m3u8`);
      promise(replay.status() === 403, `and at media addresses (${replay.status()})`);
      saw.push(`${what}: 0 frames from 3 s on, answers ${JSON.stringify(answers)}`);
      // Its device gives up its place, which the next one needs.
      await profile.request.post(`${web.url}/sign-out`, { headers: { origin: web.url } });
      await profile.close();
      if (what === "banned") {
        await ban({ scope: "space", lift: "1" });
        await notifyChange(db, { kind: "person", userId });
      }
    }
    return {
      did: "banned, then (the ban lifted) revoked, while two scripted tabs watched",
      saw: saw.join("; "),
    };
  } finally {
    await air.close();
  }
};
