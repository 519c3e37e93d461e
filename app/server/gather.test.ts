import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { gather } from "./gather.ts";

describe("questions that come together", () => {
  it("are answered in one go, each with its own answer", async () => {
    const lists: number[][] = [];
    const ask = gather((numbers: number[]) => {
      lists.push(numbers);
      return Promise.resolve(numbers.map((number) => number * 2));
    });
    expect(await Promise.all([1, 2, 3].map(ask))).toEqual([2, 4, 6]);
    expect(await ask(4)).toBe(8);
    expect(lists).toEqual([[1, 2, 3], [4]]);
  });

  it("are never answered by a look that began before they came", async () => {
    let truth = "old";
    const ask = gather(
      async (questions: string[]) => {
        const seen = truth;
        await pause(20);
        return questions.map(() => seen);
      },
      { atOnce: 1 },
    );
    const early = ask("early");
    await pause(5);
    truth = "new";
    expect(await Promise.all([early, ask("late")])).toEqual(["old", "new"]);
  });

  it("that come meanwhile make the next list, of no more than so many", async () => {
    const sizes: number[] = [];
    const ask = gather(
      async (numbers: number[]) => {
        sizes.push(numbers.length);
        await pause(5);
        return numbers;
      },
      { atOnce: 1, most: 4 },
    );
    await Promise.all([ask(0), pause(1).then(() => Promise.all([1, 2, 3, 4, 5, 6].map(ask)))]);
    expect(sizes).toEqual([1, 4, 2]);
  });

  it("fail together, and those after them do not", async () => {
    const ask = gather((words: string[]) =>
      words.includes("bad") ? Promise.reject(new Error("away")) : Promise.resolve(words),
    );
    const answers = await Promise.allSettled(["good", "bad"].map(ask));
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await ask("good")).toBe("good");
  });

  it("that hang keep others back for no longer than a moment", async () => {
    const ask = gather(
      (words: string[]) =>
        words.includes("silence") ? new Promise<string[]>(() => {}) : Promise.resolve(words),
      { atOnce: 1, longest: 30 },
    );
    void ask("silence");
    await pause(5);
    const begun = performance.now();
    expect(await ask("after")).toBe("after");
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
