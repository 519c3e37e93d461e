import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import { signIn } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { goOnAir, promise, recordingsOf, streamRow, until } from "./studio-tools.ts";

export const name = "F6";
export const title = "End pressed twice, by two hosts, while the grace of a lost host runs out";
const graceSeconds = 25;
export const env = { HOST_GRACE_SECONDS: String(graceSeconds) };

export const run: Fault["run"] = async (tools) => {
  const air = await goOnAir(tools);
  try {
    await until(
      () => recordingsOf(tools, air.stream.id),
      ([each]) => each?.status === "recording",
      { seconds: 40, words: "it is being recorded" },
    );
    await pause(4000);
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
    tools.say("killing the host's browser with -9");
    air.hostBrowser.signal("SIGKILL");
    const lost = await until(
      () => streamRow(tools, air.stream.id),
      ({ host_absent_since }) => host_absent_since !== null,
      { seconds: 10, words: "the host's absence is known" },
    );
    const { rows: left } = await sql<{ ms: number }>`
      select extract(epoch from ${lost.value.host_absent_since}::timestamptz + make_interval(secs => ${graceSeconds}) - clock_timestamp())::float8
        * 1000 as ms
    `.execute(tools.db);
    tools.say("both hosts press End twice, from just before the grace runs out until just after");
    await pause(left[0]!.ms - 200);
    const statuses = await Promise.all(
      Array.from({ length: 9 }, async (_, index) => {
        await pause(index * 100);
        return Promise.all(cookies.map(press));
      }),
    ).then((all) => all.flat());
    const ended = await until(
      () => streamRow(tools, air.stream.id),
      ({ status }) => status === "ended",
      { seconds: 10, words: "the stream is ended" },
    );
    await pause(3000);
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
      did: "killed the host's browser; two hosts sent End every 100 ms while the grace ran out, from 200 ms before",
      saw: `answers ${[...new Set(statuses)].join(", ")}; one ended_at (${later.ended_reason}), one stop, the replay is there`,
    };
  } finally {
    await air.close();
  }
};
