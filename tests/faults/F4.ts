import { RoomServiceClient } from "livekit-server-sdk";
import { launchBrowser, openStudio } from "#tests/browser/people.ts";
import { insertPeople } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { promise, publishers, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F4";
export const title = "Two hosts press Go live at the same moment";

export const run: Fault["run"] = async (tools) => {
  const { people, stream } = await insertPeople(tools.db, { status: "scheduled" });
  const browser = await launchBrowser();
  try {
    const studios = await Promise.all(
      [people.owner, people.host].map(({ id }) =>
        openStudio(browser, { url: tools.web.url, db: tools.db, userId: id, streamId: stream.id }),
      ),
    );
    for (const { page } of studios)
      await page.getByRole("button", { name: "Turn on camera and microphone" }).click();
    const buttons = studios.map(({ page }) => page.getByRole("button", { name: "Go live", exact: true }));
    await Promise.all(buttons.map((button) => button.waitFor()));
    tools.say("both press");
    await Promise.all(buttons.map((button) => button.click()));
    await until(
      () => streamRow(tools, stream.id),
      ({ status }) => status === "live",
      { seconds: 15, words: "the stream is live" },
    );
    const loser = await Promise.any(
      studios.map(async ({ page }) => {
        await page.getByRole("button", { name: "Take over here" }).waitFor({ timeout: 20_000 });
        return page;
      }),
    );
    promise(
      / is live here/.test((await loser.getByRole("main").textContent()) ?? ""),
      "the other reads who is live",
    );
    await until(
      () => publishers(tools, stream.id),
      (found) => found.length === 1,
      { seconds: 15, words: "one publishes" },
    );
    const recordings = await until(
      () => recordingsOf(tools, stream.id),
      ([each]) => each !== undefined && each.attempts > 0,
      { seconds: 30, words: "the recording begins" },
    );
    promise(
      recordings.value.length === 1 && recordings.value[0]!.attempts === 1,
      "one recording, one egress",
    );
    const url = (tools.env.LIVEKIT_URL ?? "").replace(/^ws/, "http");
    const rooms = await new RoomServiceClient(
      url,
      tools.env.LIVEKIT_API_KEY,
      tools.env.LIVEKIT_API_SECRET,
    ).listRooms([stream.id]);
    promise(rooms.length === 1, "one room");
    return {
      did: "owner and host pressed Go live in the same instant",
      saw: `one room, one publisher, one recording with ${recordings.value[0]!.attempts} attempt; the other reads who is live and may take over`,
    };
  } finally {
    await browser.close();
  }
};
