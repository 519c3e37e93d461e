import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { openHall } from "./chat-tools.ts";
import type { Fault } from "./fault.ts";
import { until } from "./studio-tools.ts";

export const name = "F42";
export const title =
  "Chat: 60 messages a second, zalgo, walls of text, links, look-alike letters; a deletion";

export const run: Fault["run"] = async (tools) => {
  const { db, say } = tools;
  const hall = await openHall(tools);
  await db
    .insertInto("space_blocked_words")
    .values({
      space_id: hall.space.id,
      lines: [
        "badger",
        "*weasel*",
        ...Array.from({ length: 998 }, (_, index) => `*${"ab".repeat(20)}${index}*`),
      ],
      changed_by: hall.people.owner.id,
    })
    .execute();

  say("one person sends 60 messages within a second");
  const flood = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      await sleep(index * 16);
      return hall.say("viewer", `Flood ${index}`);
    }),
  );
  const taken = flood.filter(({ status }) => status < 300).length;
  assert.ok(taken >= 1 && taken <= 8, `${taken} of 60 were taken`);
  assert.ok(flood.every(({ status }) => status < 300 || status === 429));
  assert.equal((await hall.rows()).length, taken, "what was refused is nowhere");

  say("then what must not be said");
  const bad: [text: string, says: RegExp][] = [
    ["", /./],
    [" \u200b\u2060 ", /./],
    ["x".repeat(100_000), /too long|characters/i],
    ["👨‍👩‍👧‍👦".repeat(4_000), /too long|characters/i],
    [`a${"\u0301".repeat(300)}`, /./],
    ["go to https://example.com", /link/i],
    ["go to example.com", /link/i],
    ["[x](javascript:alert(1))", /./],
    ["badger", /badger/],
    ["B A D G E R", /badger/],
    ["bádgér", /badger/],
    ["ｂａｄｇｅｒ", /badger/],
    ["bаdger", /badger/],
    ["b.a.d.g.e.r", /badger/],
    ["baaadgerrr", /badger/],
    ["superWEASELish", /weasel/],
  ];
  const through: string[] = [];
  let slowest = 0;
  for (const [text, says] of bad) {
    const before = (await hall.rows()).length;
    let answer = await hall.say("viewer", text);
    for (let tries = 0; answer.status === 429 && tries < 20; tries += 1) {
      await sleep(1_000);
      answer = await hall.say("viewer", text);
    }
    const begun = performance.now();
    const again = await hall.say("viewer", text);
    if (again.status !== 429) slowest = Math.max(slowest, performance.now() - begun);
    const words = typeof answer.body.message === "string" ? answer.body.message : "";
    const added = (await hall.rows()).length - before;
    // Marks stacked too high are taken away, and what looks like a link of a script is text: neither is refused.
    if (answer.status < 300 || added > 0 || !says.test(words))
      through.push(`${text.slice(0, 20)}: ${answer.status} ${words}`);
  }
  const kept = through.filter((line) => !line.startsWith("[x]") && !line.startsWith("a\u0301"));
  assert.deepEqual(kept, []);
  const rows = await hall.rows();
  for (const { text } of rows)
    assert.ok(
      !/\p{M}{4,}/u.test(text) && !/[\u202a-\u202e\u2066-\u2069]/.test(text),
      "no tower of marks is kept",
    );

  say("a deletion, as an open page, a page without scripts and a later reader see it");
  const pages = await Promise.all([hall.page("host"), hall.page("moderator"), hall.page("owner")]);
  const victim = rows[0]!;
  const begun = performance.now();
  const { status } = await hall.post("moderator", `messages/${victim.id}/removal`);
  assert.equal(status, 200);
  const gone = await until(
    async () =>
      pages.map(
        ({ told }) =>
          told.find(
            ({ message }) => message.type === "chat-gone" && (message.ids as string[]).includes(victim.id),
          )?.at,
      ),
    (at) => at.every((each) => each !== undefined),
    { seconds: 5, words: "every open page hides it" },
  );
  const tookMs = Math.max(...gone.value.map((at) => (at ?? Infinity) - begun));
  assert.ok(tookMs <= 1_000, `within a second (${Math.round(tookMs)} ms)`);
  assert.ok(
    !(await hall.frame("viewer")).includes(`>${victim.text}<`),
    "not on the next refresh without scripts",
  );
  assert.ok(!(await hall.list("viewer")).some(({ id }) => id === victim.id), "not for who comes later");
  for (const page of pages) page.close();
  return {
    did: `60 messages within a second by one person, ${bad.length} bad ones against a list of 1,000 lines, a deletion before three open pages`,
    saw: `${taken} of 60 taken, the others refused with 429; every bad one refused in words, or kept as harmless plain text (slowest ${Math.round(slowest)} ms); the deletion was on all pages after ${Math.round(tookMs)} ms, and at once for who reads later`,
  };
};
