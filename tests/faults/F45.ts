import { setTimeout as pause } from "node:timers/promises";
import { launchBrowser, openProfile } from "#tests/browser/people.ts";
import { startCachingProxy } from "#tests/caching-proxy.ts";
import { insertPeople, signIn } from "#tests/factories.ts";
import { insertReadyRecording } from "#tests/ready-recording.ts";
import { startSecondWeb } from "#tests/second-web.ts";
import type { Fault, Tools } from "./fault.ts";
import { goOnAir, promise, recordingsOf, until } from "./studio-tools.ts";

export const name = "F45";
export const title =
  "Addresses of a recording, also of a live one, are posted in public, shown by other sites, and asked for through shared caches";

/** For how long an address in storage is good, with a second of each clock. */
const signedSeconds = 62;

export const run: Fault["run"] = async (tools) => {
  const { web, db, env, say } = tools;
  const { people, stream } = await insertPeople(db, { status: "live" });
  const { recordingId, key } = await insertReadyRecording(env, stream.id);
  const redirecting = await startSecondWeb({ ...env, MEDIA_REDIRECT: "1" });
  try {
    const viewer = await signIn(db, people.viewer.id);
    const others = {
      nobody: undefined,
      stranger: (await signIn(db, people.stranger.id)).cookie,
      "whose grant ended": (await signIn(db, people.ended.id)).cookie,
    };
    const base = `/media/${stream.id}/${recordingId}`;
    const paths = ["index.m3u8", "1/0.ts", "poster.jpg", "video.mp4"].map((rest) => `${base}/${rest}`);
    const ask = async (url: string, cookie?: string) => {
      const answer = await fetch(url, { redirect: "manual", headers: cookie ? { cookie } : {} });
      const { byteLength } = await answer.arrayBuffer();
      return { status: answer.status, headers: answer.headers, bytes: byteLength };
    };

    for (const path of paths) {
      const { value: own } = await until(
        () => ask(web.url + path, viewer.cookie),
        // Pictures and file follow the replay.
        ({ status }) => status !== 404,
        { seconds: 30, words: `${path} is made` },
      );
      const kept = own.headers.get("cache-control") ?? "";
      promise(own.status === 200, `${path} is there for a viewer (${own.status})`);
      promise(/\bprivate\b/.test(kept), `${path} is kept by no shared cache (${kept})`);
      if (!path.endsWith(".jpg")) promise(kept.includes("no-store"), `${path} is kept nowhere (${kept})`);
      for (const [who, cookie] of Object.entries(others))
        for (const { url } of [web, redirecting]) {
          const answer = await ask(url + path, cookie);
          promise([401, 403].includes(answer.status), `${path} is refused to ${who} (${answer.status})`);
          promise(answer.bytes < 100 && !answer.headers.has("location"), "and leads nowhere");
        }
    }
    say("addresses of ours: for viewers only, and kept by no cache");

    const look = (from: string) => show(from, { url: web.url, db, userId: people.viewer.id, paths });
    const own = await look(`${web.url}/`);
    promise(own.every(Boolean), `a page of ours shows all of it to a viewer (${JSON.stringify(own)})`);
    const foreign = await look("http://hot-link.example/");
    promise(!foreign.some(Boolean), `another site's page shows none of it (${JSON.stringify(foreign)})`);
    say("another site's page: nothing, also for somebody who may watch");

    const handed = await throughCaches(tools, [web.url, redirecting.url]);
    say(`through shared caches: ${handed} answers, all of them ours`);

    const bucket = `${env.S3_ENDPOINT}/${env.S3_BUCKET}`;
    for (const url of [bucket, `${bucket}/?list-type=2`, `${bucket}/${key}`]) {
      const answer = await ask(url);
      promise(answer.status === 403, `storage itself refuses ${new URL(url).pathname} (${answer.status})`);
    }

    const signed = (await ask(redirecting.url + paths[1]!, viewer.cookie)).headers.get("location") ?? "";
    promise((await ask(signed)).status === 200, "a signed address opens at first");
    const other = new URL(signed);
    other.pathname = other.pathname.replace("seg_00000", "seg_00001");
    promise((await ask(other.href)).status === 403, "and opens nothing else");
    say(`a signed address: waiting ${signedSeconds} s …`);
    await pause(signedSeconds * 1000);
    const late = await ask(signed);
    promise(late.status === 403, `a minute later it opens nothing (${late.status})`);
    return {
      did: "asked for a recording's addresses as others, from another site's page, in storage itself, and by a signed address that was posted; for a live playlist and its segments behind a strict and a careless shared cache that a viewer had filled",
      saw: `refused each time, in ${handed} answers through the caches too, which kept none of it; a signed address opened one file for a minute`,
    };
  } finally {
    redirecting.process.kill("SIGTERM");
  }
};

/**
 * A live playlist and its segments, asked for by a viewer and then by everybody else, through caches in front of each of
 * these webs: a strict one, and one that heeds only `private` and `no-store`. Gives how many answers there were.
 */
async function throughCaches(tools: Tools, webs: string[]): Promise<number> {
  const { db } = tools;
  const air = await goOnAir(tools);
  try {
    const cookieOf = async ({ id }: { id: string }) => (await signIn(db, id)).cookie;
    const viewer = await cookieOf(air.people.viewer);
    const { stranger, ended, banned, otherOwner } = air.people;
    const refused = [undefined, ...(await Promise.all([stranger, ended, banned, otherOwner].map(cookieOf)))];
    const base = `/media/${air.stream.id}/${(await recordingsOf(tools, air.stream.id))[0]!.id}`;
    const ask = async (url: string, cookie?: string) => {
      const answer = await fetch(url, { redirect: "manual", headers: cookie ? { cookie } : {} });
      return { status: answer.status, location: answer.headers.get("location"), text: await answer.text() };
    };
    const { value: playlist } = await until(
      async () => (await ask(`${webs[0]}${base}/live.m3u8`, viewer)).text,
      (text) => text.includes(".ts"),
      { seconds: 40, words: "something is recorded" },
    );
    const [segment] = /^\d+\/\d+\.ts$/m.exec(playlist)!;
    let answers = 0;
    for (const web of webs)
      for (const manners of ["strict", "worst"] as const) {
        const proxy = await startCachingProxy(web, manners);
        for (const path of [`${base}/live.m3u8`, `${base}/live.m3u8?so-far`, `${base}/${segment}`]) {
          const own = await ask(proxy.url + path, viewer);
          promise([200, 302].includes(own.status), `${path} is there for a viewer (${own.status})`);
          for (const cookie of refused) {
            const answer = await ask(proxy.url + path, cookie);
            promise([401, 403].includes(answer.status), `${path} is refused (${answer.status})`);
            promise(answer.text.length < 100 && !answer.location, "and leads nowhere");
            answers += 1;
          }
        }
        promise(proxy.kept.length === 0, `a ${manners} cache keeps nothing of it`);
        await proxy.close();
      }
    return answers;
  } finally {
    await air.close();
  }
}

type Look = { url: string; paths: string[]; userId: string; db: Parameters<typeof openProfile>[1]["db"] };

/** Which of the addresses a page at `from` can read or show, in the browser of somebody who may watch. */
async function show(from: string, { paths, ...who }: Look): Promise<boolean[]> {
  const browser = await launchBrowser();
  try {
    const page = await (await openProfile(browser, who)).newPage();
    await page.route("http://hot-link.example/", (route) =>
      route.fulfill({ contentType: "text/html", body: "<title>Not ours</title>" }),
    );
    await page.goto(from);
    return await page.evaluate(
      ({ url, paths }) =>
        Promise.all(
          paths.map(async (path) => {
            const read = await fetch(url + path, { credentials: "include" }).then(
              ({ ok }) => ok,
              () => false,
            );
            const shown = await new Promise<boolean>((resolve) => {
              const element = document.createElement(path.endsWith(".jpg") ? "img" : "video");
              for (const name of ["load", "loadeddata"]) element.addEventListener(name, () => resolve(true));
              element.addEventListener("error", () => resolve(false));
              element.src = url + path;
            });
            return read || shown;
          }),
        ),
      { url: who.url, paths },
    );
  } finally {
    await browser.close();
  }
}
