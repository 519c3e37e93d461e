import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { openHall } from "./chat-tools.ts";
import type { Fault } from "./fault.ts";
import { until } from "./studio-tools.ts";

export const name = "F43";
export const title = "A deleted message, and the service's webhooks that say that it is there";

export const run: Fault["run"] = async (tools) => {
  const { db, web, env, say } = tools;
  const hall = await openHall(tools);
  const { id } = await hall.say("viewer", "Take this back");
  await hall.say("viewer", "Leave this");
  const channel = await hall.channel();
  const atService = async () => {
    const { messages } = await channel.query({ messages: { limit: 20 } });
    return messages.filter(({ type }) => type !== "deleted").map(({ text }) => text);
  };
  await until(atService, (texts) => texts.length === 2, { seconds: 15, words: "both are at the service" });
  assert.equal((await hall.post("moderator", `messages/${id}/removal`)).status, 200);
  await until(atService, (texts) => texts.join() === "Leave this", {
    seconds: 15,
    words: "it is deleted at the service",
  });

  say("the service says in every way that it is there, and even shows it again");
  await hall.service.undeleteMessage(id, hall.people.host.id);
  const events = ["message.new", "message.updated", "message.undeleted", "reaction.new"].map((type) => ({
    type,
    cid: channel.cid,
    channel_type: "frontrow_stream",
    channel_id: channel.id,
    message: { id, text: "Take this back", user: { id: hall.people.viewer.id } },
    created_at: new Date().toISOString(),
  }));
  const secret = (env.STREAM_API_SECRET ?? "").split(",")[0] ?? "";
  for (const event of [...events, ...events]) {
    const body = JSON.stringify(event);
    const { status } = await fetch(`${web.url}/webhooks/chat`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-signature": createHmac("sha256", secret).update(body).digest("hex"),
        "x-api-key": env.STREAM_API_KEY ?? "",
        "x-webhook-id": randomUUID(),
        "x-webhook-attempt": "1",
      },
      body,
    });
    assert.equal(status, 200);
  }
  const swept = await until(atService, (texts) => texts.join() === "Leave this", {
    seconds: 90,
    words: "the comparison deletes it at the service again",
  });

  const erased = await until(
    async () => (await hall.rows()).find((row) => row.id === id),
    (row) => row?.status === "removed",
    { seconds: 40, words: "its text is erased" },
  );
  assert.equal(erased.value?.text, "");
  assert.equal((await hall.post("moderator", `messages/${id}/restoration`)).status, 409, "too late to undo");
  const everywhere = async () => [
    JSON.stringify(await hall.list("viewer")),
    await hall.frame("viewer"),
    JSON.stringify(await db.selectFrom("webhook_events").selectAll().execute()),
  ];
  for (const text of await everywhere()) assert.ok(!text.includes("Take this back"), "its text is nowhere");

  say("and after the end");
  await db
    .updateTable("streams")
    .set({ status: "ended", ended_at: new Date(), ended_reason: "host" })
    .where("id", "=", hall.stream.id)
    .execute();
  for (const text of await everywhere()) assert.ok(!text.includes("Take this back"), "nor after the end");
  assert.ok((await hall.frame("viewer")).includes("Leave this"));
  return {
    did: "a deletion; then 8 signed webhooks and the service itself brought the message back",
    saw: `it stayed gone on every page, before and after the end; the service was brought back in line after ${Math.round(swept.tookMs / 100) / 10} s, and its text is in no row of ours`,
  };
};
