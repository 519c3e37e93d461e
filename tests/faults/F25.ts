import { setTimeout as pause } from "node:timers/promises";
import { advances } from "#tests/browser/picture.ts";
import { endStream } from "#tests/browser/people.ts";
import { openGrantByApi } from "#tests/grant-by-api.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise } from "./studio-tools.ts";

export const name = "F25";
export const title =
  "A pass runs out during the stream: with `finish` its holder stays to the stream's end, with `cut` not";

export const run: Fault["run"] = async (tools) => {
  const { db, web } = tools;
  const air = await goOnAir(tools);
  try {
    const camera = air.watching.getByLabel("The host's camera");
    const grant = await openGrantByApi(db, { ...air, url: web.url });
    const at = await grant.endsIn(3);
    // Nobody says so when its moment comes.
    await pause(at + 4_000 - Date.now());
    promise(await advances(camera), "with finish, the picture goes on after the pass's end");
    await air.watching.reload();
    await camera.waitFor({ timeout: 30_000 });
    promise(await advances(camera), "also after the page was loaded again");
    await endStream(air.studio);
    await air.watching.getByText(/has run out/).waitFor({ timeout: 30_000 });
    promise((await air.watching.locator("video").count()) === 0, "there is no replay for them");
    return {
      did: "let a pass with `finish` run out while it watched, reloaded the page, ended the stream (`cut` is F24)",
      saw: "picture on until the stream's end, also after a reload; then the page says that the pass has run out, and no replay",
    };
  } finally {
    await air.close();
  }
};
