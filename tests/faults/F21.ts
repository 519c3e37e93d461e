import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { openHall } from "./chat-tools.ts";
import type { Fault } from "./fault.ts";
import { until } from "./studio-tools.ts";

export const name = "F21";
export const title = "The chat service does not answer for 20 s, then is killed";

export const run: Fault["run"] = async (tools) => {
  const { edition, say } = tools;
  const hall = await openHall(tools);
  const page = await hall.page("host");
  const pid = () => Promise.resolve(edition.part("chat").pid ?? 0);

  await hall.say("viewer", "Before");
  const channel = await hall.channel();
  await until(
    async () => (await channel.query({ messages: { limit: 10 } })).messages.length,
    (count) => count === 1,
    { seconds: 15, words: "the first message is at the service" },
  );

  const before = await pid();
  say("the service is stopped (SIGSTOP), and people go on talking");
  process.kill(before, "SIGSTOP");
  const slowest: number[] = [];
  const sent = ["Before"];
  for (let count = 1; count <= 6; count += 1) {
    const text = `While it is away ${count}`;
    const begun = performance.now();
    const { status, body } = await hall.say(count % 2 ? "viewer" : "moderator", text);
    slowest.push(performance.now() - begun);
    assert.equal(status < 300 && body.ok, true, `taken (${status} ${JSON.stringify(body)})`);
    sent.push(text);
    await sleep(2_500);
  }
  const heard = () =>
    page.told
      .filter(({ message }) => message.type === "chat")
      .flatMap(({ message }) => (message.messages as { text: string }[] | undefined) ?? [])
      .map(({ text }) => text);
  for (const text of sent.slice(1)) assert.ok(heard().includes(text), `open pages got “${text}”`);
  const frame = await hall.frame("viewer");
  for (const text of sent) assert.ok(frame.includes(text), `without scripts “${text}” is read`);
  const states = page.told.filter(({ message }) => message.type === "state").map(({ message }) => message);
  const away = states.some(
    (message) => (message as { state: { chat?: { away?: boolean } } }).state.chat?.away,
  );
  assert.ok(away, "open pages are told that the service is away");

  say("now it is killed, and comes back");
  process.kill(before, "SIGKILL");
  await until(pid, (now) => now !== 0 && now !== before, { seconds: 30, words: "it runs again" });
  const delivered = await until(
    async () => (await hall.rows()).filter((row) => row.delivered_at === null).length,
    (count) => count === 0,
    { seconds: 60, words: "what was kept is sent" },
  );
  const { messages } = await channel.query({ messages: { limit: 50 } });
  assert.deepEqual(
    messages.map(({ text }) => text),
    sent,
    "each once, in their order",
  );
  assert.deepEqual(
    (await hall.list("viewer")).map(({ text }) => text),
    sent,
  );
  page.close();
  return {
    did: "SIGSTOP of the chat server for about 20 s, 6 messages meanwhile, then kill -9",
    saw: `all 6 taken (slowest answer ${Math.round(Math.max(...slowest))} ms), on every open page and without scripts at once, with a notice; ${Math.round(delivered.tookMs)} ms after it ran again each was at the service once, in order`,
  };
};
