import { sql } from "kysely";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { advances } from "#tests/browser/picture.ts";
import { endStream } from "#tests/browser/people.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise } from "./studio-tools.ts";

export const name = "F25";
export const title =
  "A pass runs out during the stream: with `finish` its holder stays to the stream's end, with `cut` not";

export const run: Fault["run"] = async (tools) => {
  const { db } = tools;
  const air = await goOnAir(tools);
  try {
    const camera = air.watching.getByLabel("The host's camera");
    const endsIn = async (after: string) => {
      await sql`update access_grants set ends_at = clock_timestamp() + ${after}::interval where id = ${air.grant.id}::uuid`.execute(
        db,
      );
      await notifyChange(db, { kind: "person", userId: air.people.viewer.id });
    };
    await endsIn("2 seconds");
    await air.watching.waitForTimeout(6_000);
    promise(await advances(camera), "with finish, the picture goes on after the pass's end");
    await air.watching.reload();
    await camera.waitFor({ timeout: 30_000 });
    promise(await advances(camera), "also after the page was loaded again");
    await endStream(air.studio);
    await air.watching.getByText(/has run out/).waitFor({ timeout: 30_000 });
    promise((await air.watching.locator("video").count()) === 0, "there is no replay for them");
    return {
      did: "let a pass with `finish` run out 2 s into watching, reloaded the page, ended the stream (`cut` is F24)",
      saw: "picture on until the stream's end, also after a reload; then the page says that the pass has run out, and no replay",
    };
  } finally {
    await air.close();
  }
};
