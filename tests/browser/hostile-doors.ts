import type { BrowserContext } from "@playwright/test";
import { startReverseProxy } from "#tests/reverse-proxy.ts";
import { openHostileChat } from "./hostile-chat.ts";
import { startHostileNative } from "./hostile-native.ts";
import { openHostile } from "./hostile.ts";

/** One way in: whether it gave anything, and what it said. */
type Tried = { open: boolean; said: unknown };

/** The ways that give somebody something who may watch. The others are closed to everybody. */
export const waysOfViewers = ["ticket", "resume", "rtc-node with the cookie", "chat", "segments"];

/** So many tokens, the newest, does rtc-node come with: the gate would say to more that it is too often. */
const mostNativeTokens = 3;

const isRefusal = (said: unknown) => said === 401 || said === 403;

/**
 * A device of somebody hostile that goes to every door but the one on which the loops of `openHostile` knock (so loudly that
 * the gate would answer only that it is too often): resumes by the signal protocol, joins by rtc-node with and without its
 * cookie, opens `/whip`, reads and writes in the chat with its token, and asks for segments. `segments`: addresses of
 * recordings that are ready; `unserved`: of those that are not. Resolves when it watches.
 */
export async function openHostileDoors(
  profile: BrowserContext,
  {
    url,
    address,
    segments,
    unserved,
  }: { url: string; address: string; segments: string[]; unserved: string[] },
) {
  const page = await openHostile(profile, { address });
  for (let tries = 0; (await page.join()) === 0; tries += 1)
    if (tries === 10) throw new Error("the second device saw nothing");
  const chat = await openHostileChat(profile, { url, address });
  const native = startHostileNative();
  const cookies = await profile.cookies(url);
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const origin = new URL(url).origin;
  const proxy = await startReverseProxy(() => Number(new URL(url).port), { adds: { cookie, origin } });

  const socketsOf = (address: string) => address.replace(/^http/, "ws");

  async function nativeAt(address: string): Promise<Tried> {
    // The newest: what it was given by LiveKit the last time, which counts as old once the pass has ended.
    const tokens = (await page.tokens()).slice(-mostNativeTokens);
    const said = [];
    for (const token of tokens) {
      const answer = await native.join({ url: socketsOf(address), token, seconds: 3 });
      await page.takeTokens(answer.tokens);
      said.push(answer.joined ? `${answer.frames} frames` : answer.said);
      if (answer.joined) return { open: true, said };
    }
    return { open: false, said };
  }

  async function statusesOf(addresses: string[]): Promise<Tried> {
    const said = [];
    for (const each of addresses) said.push((await profile.request.get(`${url}${each}`)).status());
    return { open: said.some((status) => !isRefusal(status)), said };
  }

  const ways: Record<string, () => Promise<Tried>> = {
    async ticket() {
      const token = await page.ticket();
      return { open: token !== undefined, said: token ? "given" : "none" };
    },
    async resume() {
      const said = await page.resume();
      if (said.length === 0) throw new Error("there was no session to resume");
      return { open: said.some((each) => !/ 40[13]$/.test(each)), said };
    },
    "rtc-node with the cookie": () => nativeAt(proxy.url),
    "rtc-node without a cookie": () => nativeAt(url),
    async whip() {
      const said = await page.whip();
      return { open: said.some((status) => status !== 404 && status !== 405), said };
    },
    async chat() {
      const said = await chat.tryAgain();
      // When somebody is taken out the chat moves, and its channel from before is gone.
      return { open: Object.values(said).some((each) => each !== 404 && !isRefusal(each)), said };
    },
    segments: () => statusesOf(segments),
  };

  return {
    page,
    /** What its chat socket was told that people said. */
    heard: chat.heard,
    /** Goes to every door: which were open, and what each said. */
    async tryAll(): Promise<{ open: string[]; said: Record<string, unknown> }> {
      const open: string[] = [];
      const said: Record<string, unknown> = {};
      for (const [name, way] of Object.entries(ways)) {
        const tried = await way();
        said[name] = tried.said;
        if (tried.open) open.push(name);
      }
      return { open, said };
    },
    /** The statuses of what is not served to viewers at all, as long as it is not ready. */
    unserved: async () => (await statusesOf(unserved)).said as number[],
    /** Passes the gate by, straight to LiveKit's own port, with rtc-node and each token that LiveKit takes. */
    async straight(liveKitUrl: string, { seconds }: { seconds: number }) {
      const answers = [];
      for (const token of (await page.tokens()).slice(-mostNativeTokens))
        answers.push(await native.join({ url: socketsOf(liveKitUrl), token, seconds }));
      const joined = answers.filter(({ joined }) => joined);
      return {
        joined: joined.length,
        stayed: joined.filter(({ connected }) => connected).length,
        frames: joined.reduce((sum, { frames }) => sum + frames, 0),
      };
    },
    async close() {
      await Promise.all([native.stop(), chat.close()]);
      await proxy.close();
    },
  };
}
