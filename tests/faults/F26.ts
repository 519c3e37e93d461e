import { lastFrame, noteFrames } from "#tests/browser/last-frame.ts";
import { openProfile } from "#tests/browser/people.ts";
import { advances } from "#tests/browser/picture.ts";
import { signIn } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, until } from "./studio-tools.ts";

export const name = "F26";
export const title = "One pass on three devices, and 20 more that ask for its last place at once";

export const run: Fault["run"] = async (tools) => {
  const { db, say, web } = tools;
  const air = await goOnAir(tools);
  try {
    const userId = air.people.viewer.id;
    const openDevice = async () => {
      const profile = await openProfile(air.viewerBrowser, { url: web.url, db, userId });
      const page = await profile.newPage();
      await page.goto(air.path);
      return page;
    };
    const camera = "The host's camera";
    const second = await openDevice();
    await second.getByLabel(camera).waitFor({ timeout: 30_000 });
    say("a third device comes …");
    const third = await openDevice();
    await third.getByText("Which is to end?").waitFor({ timeout: 15_000 });
    promise((await third.locator("video").count()) === 0, "the third device has no picture");
    await third.getByText("1 watching", { exact: true }).waitFor({ timeout: 20_000 });

    await noteFrames(air.watching);
    await until(
      () => lastFrame(air.watching),
      (at) => at > 0,
      { seconds: 15, words: "pictures come" },
    );
    say("it ends the first …");
    await third
      .getByRole("button", { name: /^End it and watch here/ })
      .first()
      .click();
    await air.watching.getByText(/You went on with another device/).waitFor({ timeout: 15_000 });
    await third.getByLabel(camera).waitFor({ timeout: 30_000 });
    await air.watching.waitForTimeout(500);
    const { ended_at: ended } = await db
      .selectFrom("access_grant_devices")
      .select("ended_at")
      .where("access_grant_id", "=", air.grant.id)
      .where("ended_at", "is not", null)
      .executeTakeFirstOrThrow();
    const darkMs = (await lastFrame(air.watching)) - ended!.getTime();
    promise(
      darkMs <= 1_000,
      `the first one's last frame came within a second of losing its place (${darkMs} ms)`,
    );
    promise((await air.watching.locator("video").count()) === 0, "it shows no picture any more");
    promise(await advances(second.getByLabel(camera)), "the second goes on");

    const ask = async (cookie: string) =>
      fetch(`${web.url}${air.path}/ticket`, {
        method: "POST",
        headers: { cookie, origin: web.url },
        body: new URLSearchParams({ tab: "a-tab-of-theirs" }),
      });
    say("the second leaves, and 20 ask for its place …");
    await second.context().request.post(`${web.url}/sign-out`, { headers: { origin: web.url } });
    const browsers = await Promise.all(Array.from({ length: 20 }, () => signIn(db, userId)));
    const answers = await Promise.all(browsers.map(({ cookie }) => ask(cookie)));
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    promise(count(200) === 1 && count(409) === 19, `one of 20 got it (${count(200)}, ${count(409)} refused)`);
    return {
      did: "watched on two devices, came with a third, ended the first from there; then 20 sessions asked for the last place at the same instant",
      saw: `the third was asked which to end; counted as one viewer; the first dark after ${darkMs} ms, with the reason; one of the 20 got the place`,
    };
  } finally {
    await air.close();
  }
};
