import { advances } from "#tests/browser/picture.ts";
import { signIn } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F19";
export const title = "Postgres is killed while a stream is live, and stopped for 15 s";

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  try {
    const { edition, say, web, db } = tools;
    await until(
      () => recordingsOf(tools, air.stream.id),
      ([each]) => each?.status === "recording",
      { seconds: 60, words: "it is being recorded" },
    );
    const before = await streamRow(tools, air.stream.id);
    const { cookie } = await signIn(db, air.people.viewer.id);
    const pids = () => [edition.part("web").pid, edition.part("worker").pid];
    const then = pids();
    let loads = 0;
    air.watching.on("load", () => (loads += 1));
    const page = async () => {
      const answer = await fetch(web.url + air.path, { headers: { cookie } });
      return { status: answer.status, text: await answer.text() };
    };
    const back = () =>
      until(page, ({ status }) => status === 200, { seconds: 60, words: "the page is there again" });

    say("killing Postgres (kill -9)");
    edition.part("postgres").kill("SIGKILL", { whole: true });
    const first = await until(page, ({ status }) => status !== 200, {
      seconds: 10,
      words: "a page without it",
    }).catch(() => undefined);
    const killed = await back();

    say("stopping Postgres; it stays away for 15 s");
    await edition.part("postgres").stop();
    const refused = await page();
    promise(refused.status === 503, `a page is answered with 503 (${refused.status})`);
    promise(refused.text.includes('http-equiv="refresh"'), "and comes back by itself");
    const camera = air.watching.getByLabel("The host's camera");
    promise(await advances(camera, 2000), "the viewer's picture moves while the database is away");
    await air.watching.waitForTimeout(15_000);
    promise(await advances(camera, 2000), "and still does");
    await edition.part("postgres").start();
    await back();
    promise(String(pids()) === String(then), "web and worker are the same processes");
    const after = await streamRow(tools, air.stream.id);
    promise(
      after.status === "live" && String(after.live_at) === String(before.live_at),
      `it is the same stream, still live (${after.status})`,
    );
    promise(loads === 0, "the viewer's page was not loaded again");

    say("ending the stream");
    await air.studio.getByText("End stream").click();
    await air.studio.getByRole("button", { name: "End it for everybody" }).click();
    const ready = await until(
      () => recordingsOf(tools, air.stream.id),
      ([each]) => each?.status === "ready",
      { seconds: 90, words: "its recording is ready" },
    );
    promise(ready.value.length === 1, "one recording");
    return {
      did: "kill -9 of Postgres with all its processes, then a stop of 15 s",
      saw: `picture on throughout, no page loaded again; pages ${first ? `${first.value.status}, then ` : ""}200 after ${killed.tookMs} ms, and 503 that come back by themselves while it was away; web and worker the same processes, same stream, ended by its host, recording ready after ${ready.tookMs} ms`,
    };
  } finally {
    await air.close();
  }
};
