import { sql } from "kysely";
import { lastFrame, noteFrames } from "#tests/browser/last-frame.ts";
import { openGrantByApi } from "#tests/grant-by-api.ts";
import { endGrant } from "./access-tools.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, until } from "./studio-tools.ts";

export const name = "F24";
export const title =
  "A pass is revoked, refunded, and runs out with `cut`, while its holder watches in two tabs";

export const run: Fault["run"] = async (tools) => {
  const { db, say, web } = tools;
  const air = await goOnAir(tools);
  try {
    await sql`update access_passes set at_expiry = 'cut' where id = ${air.pass.id}::uuid`.execute(db);
    const second = await air.watching.context().newPage();
    await second.goto(air.path);
    const tabs = [air.watching, second];
    const userId = air.people.viewer.id;
    const saw: string[] = [];
    const grant = await openGrantByApi(db, { ...air, url: web.url });
    const ways = [
      {
        what: "revoked",
        words: /was taken back/,
        end: () => endGrant(tools, air),
        restore: grant.restore,
      },
      {
        what: "refunded",
        words: /was paid back/,
        end: () => endGrant(tools, air, "refund"),
        restore: grant.restore,
      },
      // Its moment comes by the clock: nobody says so then.
      { what: "ran out", words: /has run out/, end: () => grant.endsIn(4), restore: grant.lasts },
    ];
    for (const { what, words, end, restore } of ways) {
      for (const tab of tabs) {
        await tab.getByLabel("The host's camera").waitFor({ timeout: 30_000 });
        await noteFrames(tab);
        await until(
          () => lastFrame(tab),
          (at) => at > 0,
          { seconds: 15, words: "pictures come" },
        );
      }
      say(`it is ${what} …`);
      const ended = await end();
      for (const tab of tabs) await tab.getByText(words).waitFor({ timeout: 15_000 });
      await air.watching.waitForTimeout(500);
      const dark = await Promise.all(tabs.map(async (tab) => (await lastFrame(tab)) - ended));
      promise(
        Math.max(...dark) <= 1_000,
        `the last frame of each tab came within a second (${dark.join(", ")} ms)`,
      );
      const chat = await until(
        async () =>
          (
            await sql<{
              removed: boolean;
            }>`select removed_at is not null as removed from streaming_chat_members
              where stream_id = ${air.stream.id}::uuid and user_id = ${userId}::uuid`.execute(db)
          ).rows.every(({ removed }) => removed),
        (out) => out,
        { seconds: 2, words: "they are out of the chat" },
      );
      for (const to of ["ticket", "chat/pass"]) {
        const refused = await air.watching.request.post(`${air.path}/${to}`, {
          headers: { origin: web.url },
          form: { tab: "a-tab-of-theirs" },
        });
        promise(refused.status() === 403, `${to} is refused (${refused.status()})`);
      }
      saw.push(
        `${what}: dark after ${Math.max(...dark)} ms in both tabs, out of the chat after ${chat.tookMs} ms`,
      );
      await restore();
    }
    return { did: "revoked, refunded and let run out, one after another", saw: saw.join("; ") };
  } finally {
    await air.close();
  }
};
