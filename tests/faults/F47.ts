import { sql } from "kysely";
import { freePort } from "#local/ports.ts";
import { openProfile } from "#tests/browser/people.ts";
import { advances } from "#tests/browser/picture.ts";
import { signIn } from "#tests/factories.ts";
import { followViewer, mostStillMs, standBeforeWeb } from "./deploy-tools.ts";
import type { Fault, Tools } from "./fault.ts";
import { attemptsOf, awaitSegments, endToReplay, gapsOf, partsInWords } from "./recorder-tools.ts";
import { comesTo, insertStopped, largeSegments, untilExported, untilReady } from "./storage-tools.ts";
import { goOnAir, type OnAir, promise, until } from "./studio-tools.ts";
import { handOverTwice } from "./worker-handover.ts";

export const name = "F47";
export const title =
  "New versions of web and worker are brought out while a stream is live, and LiveKit is told to end";

/** What stands before the web processes has the address that people know. */
const port = await freePort();
export const env = { PUBLIC_URL: `http://127.0.0.1:${port}` };

export const run: Fault["run"] = async (tools) => {
  const { edition, say } = tools;
  const site = await standBeforeWeb(tools, port);
  let air: OnAir | undefined;
  let asking: Awaited<ReturnType<typeof keepAsking>> | undefined;
  try {
    say("encoding what was recorded, in two attempts …");
    const segments = await largeSegments(8);
    const attempts = [segments.slice(0, 4), segments];
    const control = await insertStopped(tools, attempts);
    await untilReady(tools, control, 60);
    await untilExported(tools, control, 120);
    const expected = await comesTo(tools, control);

    air = await goOnAir(tools, { smallPicture: true });
    const streamId = air.stream.id;
    await awaitSegments(tools, streamId, { attempt: 1, count: 2 });
    const viewer = await followViewer(tools, air);
    asking = await keepAsking(tools, air);
    const stood = [
      await viewer.through("another web beside the first, which ends", () => site.next()),
      await viewer.through("and another one", () => site.next()),
    ];
    const answers = await asking.stop();
    promise(
      answers.every((status) => status === 200),
      `each of ${answers.length} pages was answered (${[...new Set(answers)].join(", ")})`,
    );

    const from = Date.now();
    const handed = await handOverTwice(tools, attempts);
    const handing = await viewer.longestStill(from, Date.now());
    promise(handing <= mostStillMs, `the viewer's picture goes on meanwhile (it stood for ${handing} ms)`);
    stood.push(handing);
    await viewer.signedIn();
    promise(
      JSON.stringify(handed.came) === JSON.stringify(expected),
      `it is the same as without a deploy: ${JSON.stringify({ came: handed.came, expected })}`,
    );
    promise(handed.came.told === 1 && handed.came.uploads === 0, "announced once, and no upload is left");
    promise((await failedJobs(tools)) === 0, "no job has failed for good");

    say("LiveKit is told to end (SIGTERM)");
    const livekit = edition.part("livekit-server");
    const { pid } = livekit;
    const told = Date.now();
    livekit.kill("SIGTERM");
    await air.watching.waitForTimeout(12_000);
    const draining = await viewer.longestStill(told, Date.now());
    promise(livekit.pid === pid, "LiveKit waits for those who are in its rooms");
    promise(draining <= mostStillMs, `their pictures go on (stood for ${draining} ms)`);
    const late = await whatComerSees(tools, air);
    promise((await attemptsOf(tools, streamId)).length === 1, "one attempt recorded all of it");
    const parts = await endToReplay(tools, air);
    promise(gapsOf(parts).length === 0, "and the replay has no gap");
    const { tookMs } = await until(
      async () => livekit.pid,
      (now) => now !== pid,
      { seconds: 30, words: "LiveKit has ended by itself" },
    );
    await livekit.waitUntilReady();
    return {
      did: "web replaced by another process, twice, while pages were asked for; SIGTERM of the worker amid a finalization, and of the next one amid an MP4's upload; SIGTERM of LiveKit while live",
      saw: `pictures stood for ${stood.join(", ")} ms at most, nobody signed out, no page loaded again, all ${answers.length} pages answered; workers gone after ${handed.stopMs.join(" and ")} ms, the recording ready ${handed.readyMs} ms and its exports ${handed.exportedMs} ms later, the same bytes, objects and one announcement, ${handed.twice} of ${handed.sent} parts sent again; LiveKit waited, pictures stood for ${draining} ms at most, who came then ${late}, and it had ended by itself ${tookMs} ms after the recording was ready; replay of parts ${partsInWords(parts)} without a gap`,
    };
  } finally {
    await asking?.stop();
    await air?.close();
    await site.close();
  }
};

/**
 * Asks for the stream's page as its viewer, at most five times a second, through what stands before web; `stop` gives the
 * answers, 0 for one that did not come.
 */
async function keepAsking({ db, web }: Tools, { people, path }: OnAir) {
  const { cookie } = await signIn(db, people.viewer.id);
  const answers: number[] = [];
  let over = false;
  const ask = async () => {
    const answer = await fetch(web.url + path, { headers: { cookie } });
    await answer.arrayBuffer();
    return answer.status;
  };
  const asking = (async () => {
    while (!over) {
      answers.push(await ask().catch(() => 0));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  return {
    async stop() {
      over = true;
      await asking;
      return answers;
    },
  };
}

/** What somebody sees who comes to the stream now, in words: a single node goes on taking people itself. */
async function whatComerSees({ db, web }: Tools, { viewerBrowser, people, path }: OnAir): Promise<string> {
  const profile = await openProfile(viewerBrowser, { url: web.url, db, userId: people.viewer.id });
  try {
    const page = await profile.newPage();
    await page.goto(path);
    const picture = page.locator("video").first();
    const seen = await until(
      async () => (await picture.isVisible()) && (await advances(picture, 500)),
      (moves) => moves,
      { seconds: 40, words: "who comes now sees a picture" },
    );
    const inRoom = await page.getByLabel("The host's camera").isVisible();
    return `saw ${inRoom ? "it in the room" : "the delayed one"} after ${seen.tookMs} ms`;
  } finally {
    await profile.close();
  }
}

async function failedJobs({ db }: Tools): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pgboss.job where state = 'failed'
  `.execute(db);
  return rows[0]!.count;
}
