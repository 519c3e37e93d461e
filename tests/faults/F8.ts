import { readFile } from "node:fs/promises";
import { launchBrowser, openStudio } from "#tests/browser/people.ts";
import { insertPeople } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { awaitSegments, endToReplay, recordingProcesses } from "./recorder-tools.ts";
import { goOnAir, promise, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F8";
export const title = "No recorder is free";
export const edition = { more: { recorder: { RECORDER_CAPACITY: "1" } } };

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  const browser = await launchBrowser();
  try {
    await awaitSegments(tools, air.stream.id, { attempt: 1, count: 1 });
    tools.say("the one recorder is taken; another team wants to go live");
    const { people, stream } = await insertPeople(tools.db, { status: "scheduled" });
    const { page } = await openStudio(browser, {
      url: tools.web.url,
      db: tools.db,
      userId: people.host.id,
      streamId: stream.id,
    });
    await page.getByRole("button", { name: "Turn on camera and microphone" }).click();
    await page.getByText(/No recorder is free right now\. Wait a moment, or take the mark away/).waitFor();
    await page.getByRole("button", { name: "Go live", exact: true }).click();
    await page.getByText(/No recorder is free right now\. Nothing was changed/).waitFor();
    promise(
      (await streamRow(tools, stream.id)).status === "scheduled",
      "pressing all the same changes nothing",
    );
    promise((await recordingsOf(tools, stream.id)).length === 0, "no recording was made");

    tools.say("they choose to go live without a recording");
    await page.getByLabel(/Record this stream/).uncheck();
    await page.getByText("There will be no replay and no MP4.").waitFor();
    await page.getByRole("button", { name: "Go live without recording" }).click();
    await page.getByText("End stream").waitFor();
    await page.getByText("Not recording: this stream was started without one").waitFor();
    promise((await streamRow(tools, stream.id)).status === "live", "the stream is live");
    promise((await recordingsOf(tools, stream.id)).length === 0, "without a recording");
    const log = await until(
      () => readFile(tools.edition.part("web").log, "utf8"),
      (text) =>
        text
          .split("\n")
          .some((line) => line.includes(stream.id) && line.includes("without a recording, by choice")),
      { seconds: 5, words: "the choice is logged" },
    ).then(({ value }) => value);
    promise(!log.includes("access_token="), "the log holds no token");
    promise(recordingProcesses(tools).length === 1, "the first team's recording goes on, alone");
    await awaitSegments(tools, air.stream.id, { attempt: 1, count: 4 });
    await page.getByText("End stream").click();
    await page.getByRole("button", { name: "End it for everybody" }).click();
    await endToReplay(tools, air);
    return {
      did: "took the only recorder with one stream, and went live with another one",
      saw: "the studio said it before, and refused a recorded start without changing anything; the start without a recording was chosen, shown and logged; the first stream's recording was whole",
    };
  } finally {
    await browser.close();
    await air.close();
  }
};
