import { expect, it } from "vitest";
import { keepAnswers } from "./kept-answers.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it("the same question is work once, also while its answer is being made", async () => {
  const keep = keepAnswers<number>({ keepMs: 10_000, most: 2 });
  let made = 0;
  const make = async () => {
    await pause(5);
    return (made += 1);
  };
  expect(await Promise.all([keep("one", make), keep("one", make)])).toEqual([1, 1]);
  expect(await keep("one", make)).toBe(1);
  expect(await keep("two", make)).toBe(2);
});

it("an answer is made anew after its time, after others, and after a failure", async () => {
  let made = 0;
  const make = () => Promise.resolve((made += 1));
  const short = keepAnswers<number>({ keepMs: 0, most: 2 });
  expect([await short("one", make), await short("one", make)]).toEqual([1, 2]);

  const few = keepAnswers<number>({ keepMs: 10_000, most: 1 });
  expect([await few("one", make), await few("two", make), await few("one", make)]).toEqual([3, 4, 5]);

  const failing = keepAnswers<number>({ keepMs: 10_000, most: 1 });
  await expect(failing("one", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await failing("one", make)).toBe(6);
});
