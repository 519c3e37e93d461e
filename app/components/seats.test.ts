import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { planSeats } from "./seats-plan.ts";
import { Seats } from "./seats.tsx";

const drawn = (path: string) => path.split("M").length - 1;
const rowsOf = (path: string) => new Set([...path.matchAll(/M[\d.]+ ([\d.]+)v/g)].map(([, y]) => y)).size;

describe("a house of seats", () => {
  test("has one seat a person, taken and free, up to 240", () => {
    for (const [count, capacity] of [
      [0, 12],
      [1, 12],
      [61, 150],
      [240, 240],
    ] as const) {
      const plan = planSeats(count, capacity);
      expect(plan.per).toBe(1);
      expect([drawn(plan.takenPath), drawn(plan.freePath)]).toEqual([count, capacity - count]);
    }
  });

  test("lets one seat stand for more people above that, and draws never more than 240", () => {
    expect(planSeats(241, 241).per).toBe(2);
    expect(planSeats(2000, 5000)).toMatchObject({ per: 50, seats: 100, taken: 40 });
    for (const count of [300, 999, 12_345, 1_000_000, 87_654_321]) {
      const plan = planSeats(count);
      expect(plan.seats).toBeLessThanOrEqual(240);
      expect(drawn(plan.takenPath) + drawn(plan.freePath)).toBe(plan.seats);
    }
  });

  test("shows a single person among many, and is full only when it is", () => {
    expect(planSeats(1, 100_000).taken).toBe(1);
    expect(planSeats(400, 400)).toMatchObject({ per: 2, seats: 200, taken: 200 });
    expect(planSeats(500, 400)).toMatchObject({ taken: planSeats(500, 400).seats });
  });

  test("is as large as it needs to be when no capacity is known", () => {
    expect(planSeats(0).seats).toBe(30);
    expect(planSeats(31).seats).toBe(60);
  });

  test("fills the front row first, from the middle", () => {
    const { takenPath, width } = planSeats(1, 29);
    const [, x] = /^M([\d.]+) /.exec(takenPath) ?? [];
    expect(Math.abs(Number(x) + 6 - width / 2)).toBeLessThan(10);
    expect(rowsOf(planSeats(5, 150).takenPath)).toBeLessThan(4);
  });

  test("stays inside its picture", () => {
    for (const seats of [1, 2, 7, 30, 100, 239, 240]) {
      const { width, height, freePath } = planSeats(0, seats);
      for (const [, x, y] of freePath.matchAll(/M([\d.-]+) ([\d.-]+)v/g)) {
        expect(Number(x)).toBeGreaterThanOrEqual(0);
        expect(Number(x) + 12).toBeLessThanOrEqual(width);
        expect(Number(y) - 11).toBeGreaterThanOrEqual(0);
        expect(Number(y)).toBeLessThanOrEqual(height);
      }
    }
  });

  test("takes a number that makes no sense for an empty house", () => {
    expect(planSeats(-5, -1)).toMatchObject({ taken: 0, seats: 30 });
  });
});

describe("seats on a page", () => {
  const html = (count: number, capacity?: number) =>
    renderToStaticMarkup(createElement(Seats, { count, capacity }));

  test("are hidden from a screen reader, which gets the number in words", () => {
    expect(html(61)).toMatch(/<svg[^>]*aria-hidden="true"/);
    expect(html(61)).toContain("61 people are here");
    expect(html(1)).toContain("1 person is here");
  });

  test("say for how many people one seat stands, when it is more than one", () => {
    expect(html(61)).not.toContain("stands for");
    expect(html(2000, 5000)).toContain("2,000 people are here. One seat stands for 50 people.");
  });
});
