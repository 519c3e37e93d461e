import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { findAccess } from "#app/domain/access/decision.ts";
import { openHall } from "./chat-tools.ts";
import type { Fault } from "./fault.ts";

export const name = "F28";
export const title =
  "Bans of the owner, the host, oneself, an equal and nobody; by who may not; for nonsense times";

type Try = [who: "viewer" | "stranger" | "moderator" | "host" | "owner", target: { id: string }];

export const run: Fault["run"] = async (tools) => {
  const { db } = tools;
  const hall = await openHall(tools);
  const { owner, host, moderator, second, viewer } = hall.people;
  const nobody = { id: randomUUID() };
  const tries: Try[] = [
    ["viewer", moderator],
    ["viewer", viewer],
    ["stranger", viewer],
    ["moderator", owner],
    ["moderator", host],
    ["moderator", second],
    ["moderator", moderator],
    ["host", owner],
    ["host", host],
    ["owner", owner],
    ["moderator", nobody],
  ];
  const seen: number[] = [];
  for (const [who, target] of tries) {
    for (const [what, form] of [
      ["ban", { scope: "stream" }],
      ["ban", { scope: "space", days: "3" }],
      ["timeout", { minutes: "5" }],
    ] as const) {
      const { status, body } = await hall.post(who, `people/${target.id}/${what}`, form);
      assert.ok(status === 403 || status === 404, `${who} may not (${status})`);
      assert.ok(typeof body.message === "string" && body.message.length > 10, "said in words");
      seen.push(status);
    }
  }
  for (const [what, form] of [
    ...["-1", "0", "1441", "5256000", "1.5", "soon"].map((minutes) => ["timeout", { minutes }] as const),
    ...["-1", "0", "3651", "x"].map((days) => ["ban", { scope: "space", days }] as const),
    ["ban", { scope: "world" }] as const,
  ]) {
    const { status } = await hall.post(
      "moderator",
      `people/${viewer.id}/${what}`,
      form as Record<string, string>,
    );
    // "minutes 0" ends a time-out that does not run: nothing to do.
    if (what === "timeout" && (form as { minutes: string }).minutes === "0") continue;
    assert.equal(status, 400, JSON.stringify(form));
    seen.push(status);
  }
  assert.deepEqual(await hall.acts(), [], "nothing was done, so nothing is in the log");
  for (const person of [owner, host, moderator, second, viewer])
    assert.equal((await findAccess(db, { streamId: hall.stream.id, userId: person.id }))?.mayWatch, true);

  const { status } = await hall.post("moderator", `people/${viewer.id}/ban`, { scope: "stream" });
  assert.equal(status, 200);
  assert.equal((await findAccess(db, { streamId: hall.stream.id, userId: viewer.id }))?.reason, "banned");
  assert.deepEqual(
    (await hall.acts()).map(({ kind }) => kind),
    ["banned"],
  );
  return {
    did: `${seen.length} bans and time-outs that must not be, then one that may`,
    saw: `each refused in words (${[...new Set(seen)].sort().join(", ")}), with nothing changed and nothing in the log; the one was done`,
  };
};
