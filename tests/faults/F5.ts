import { randomUUID } from "node:crypto";
import { insertPeople, signIn } from "#tests/factories.ts";
import type { Fault } from "./fault.ts";
import { promise, recordingsOf, streamRow } from "./studio-tools.ts";

export const name = "F5";
export const title = "Go live pressed twice, and again after a time-out";

export const run: Fault["run"] = async (tools) => {
  const { people, stream } = await insertPeople(tools.db, { status: "scheduled" });
  const { cookie } = await signIn(tools.db, people.host.id);
  const liveKey = randomUUID();
  const press = async () => {
    const answer = await fetch(`${tools.web.url}/account/streams/${stream.id}/broadcast`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie, origin: tools.web.url },
      body: new URLSearchParams({ tab: "a-tab-of-the-host", live_key: liveKey, record: "yes" }),
    });
    return answer.status;
  };
  tools.say("five presses at once with one key, then one more");
  const statuses = await Promise.all(Array.from({ length: 5 }, press));
  const { live_at: first } = await streamRow(tools, stream.id);
  statuses.push(await press());
  const row = await streamRow(tools, stream.id);
  promise(
    statuses.every((status) => status < 400),
    `every press finds its own stream live (${statuses.join(", ")})`,
  );
  promise(row.status === "live" && String(row.live_at) === String(first), "it went live once");
  const recordings = await recordingsOf(tools, stream.id);
  promise(recordings.length === 1, "one recording");
  return {
    did: "the same form sent five times at once and once later",
    saw: `answers ${[...new Set(statuses)].join(", ")}, one live_at, ${recordings.length} recording`,
  };
};
