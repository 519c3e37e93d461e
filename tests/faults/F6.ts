import { sql } from "kysely";
import { signIn } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F6";
export const title = "End pressed twice, by two hosts, while the grace of a lost host runs out";
export const env = { HOST_GRACE_SECONDS: "25" };

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  try {
    await until(
      () => recordingsOf(tools, air.stream.id),
      ([each]) => each?.status === "recording",
      { seconds: 40, words: "it is being recorded" },
    );
    await air.studio.waitForTimeout(4000);
    const cookies = await Promise.all(
      [air.people.host, air.people.owner].map(async ({ id }) => (await signIn(tools.db, id)).cookie),
    );
    const press = (cookie: string) =>
      fetch(`${tools.web.url}/account/streams/${air.stream.id}/broadcast`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie, origin: tools.web.url },
        body: new URLSearchParams({ _method: "delete" }),
      }).then(({ status }) => status);
    tools.say("the host is lost since just before the grace, and both press End twice at once");
    await tools.db
      .updateTable("streams")
      .set({ host_absent_since: sql`now() - interval '24.7 seconds'` })
      .where("id", "=", air.stream.id)
      .execute();
    const statuses = await Promise.all([...cookies, ...cookies].map(press));
    const ended = await until(
      () => streamRow(tools, air.stream.id),
      ({ status }) => status === "ended",
      { seconds: 10, words: "the stream is ended" },
    );
    await air.studio.waitForTimeout(3000);
    const later = await streamRow(tools, air.stream.id);
    promise(
      statuses.every((status) => status < 400),
      `nobody sees an error (${statuses.join(", ")})`,
    );
    promise(
      String(later.ended_at) === String(ended.value.ended_at) &&
        later.ended_reason === ended.value.ended_reason,
      "one transition, one ended_at",
    );
    const recordings = await until(
      () => recordingsOf(tools, air.stream.id),
      ([each]) => each?.status === "ready",
      { seconds: 60, words: "the recording is ready" },
    );
    promise(recordings.value.length === 1, "one recording");
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pgboss.job
      where name = 'recording.stop' and data->>'recordingId' = ${recordings.value[0]!.id}
    `.execute(tools.db);
    promise(rows[0]?.count === 1, `one stop was asked for (${rows[0]?.count})`);
    await air.watching.getByLabel(/^Replay of/).waitFor({ timeout: 30_000 });
    return {
      did: "End sent four times by two hosts at once, in the same moment as the grace ran out",
      saw: `answers ${[...new Set(statuses)].join(", ")}; one ended_at (${later.ended_reason}), one stop, the replay is there`,
    };
  } finally {
    await air.close();
  }
};
