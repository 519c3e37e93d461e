import { setTimeout as pause } from "node:timers/promises";
import { launchBrowser, openProfile } from "#tests/browser/people.ts";
import { insertPeople, signIn } from "#tests/factories.ts";
import { insertReadyRecording } from "#tests/ready-recording.ts";
import { startSecondWeb } from "#tests/second-web.ts";
import type { Fault } from "./fault.ts";
import { promise } from "./studio-tools.ts";

export const name = "F45";
export const title =
  "Addresses of a recording are posted in public, and other sites show them in their pages";

/** For how long an address in storage is good, with a second of each clock. */
const signedSeconds = 62;

export const run: Fault["run"] = async ({ web, db, env, say }) => {
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
      const own = await ask(web.url + path, viewer.cookie);
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
      did: "asked for a recording's addresses as others, from another site's page, in storage itself, and by a signed address that was posted",
      saw: "refused each time; a signed address opened one file for a minute; no answer may be kept by a shared cache",
    };
  } finally {
    redirecting.process.kill("SIGTERM");
  }
};

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
