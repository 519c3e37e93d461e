import { describe, expect, test } from "vitest";
import { passForm } from "./fields.ts";
import { typePrice } from "./prices.ts";
import { toInstant, toWallTime } from "./terms.ts";

const pass = {
  name: "Season 2026",
  description: "",
  experiences: ["0195d3a0-0000-7000-8000-000000000001"],
  term: "open",
  atExpiry: "finish",
};
const problemsOf = (fields: Record<string, unknown>) =>
  passForm
    .safeParse({ ...pass, ...fields })
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("the form of a pass", () => {
  test("reads a pass without an end, whatever stands in the fields of other terms", () => {
    expect(passForm.parse({ ...pass, days: "-1", untilDate: "nonsense" }).terms).toEqual({ term: "open" });
  });

  test("reads a last day in its zone as an instant, at the end of that day unless a time is given", () => {
    const until = { term: "until", untilDate: "2026-12-31", timeZone: "Europe/Berlin" };
    expect(passForm.parse({ ...pass, ...until }).terms).toEqual({
      term: "until",
      until: "2026-12-31T22:59:00Z",
      timeZone: "Europe/Berlin",
    });
    expect(passForm.parse({ ...pass, ...until, untilTime: "12:00" }).terms).toMatchObject({
      until: "2026-12-31T11:00:00Z",
    });
  });

  test.each([
    [{ term: "until", untilDate: "2027-02-30", timeZone: "UTC" }, "untilDate: There is no such day"],
    [
      { term: "until", untilDate: "2027-02-03", untilTime: "25:00", timeZone: "UTC" },
      "untilDate: There is no such day",
    ],
    [{ term: "until", untilDate: "2027-02-03", timeZone: "Mars/Base" }, "timeZone: We do not know"],
    [{ term: "until", untilDate: "2027-02-03" }, "timeZone: We do not know"],
    [{ term: "until", timeZone: "UTC" }, "untilDate: Choose the last day"],
    [{ term: "days", days: "0" }, "days: Type a number of days"],
    [{ term: "days", days: "3661" }, "days: Type a number of days"],
    [{ term: "days", days: "1.5" }, "days: Type a number of days"],
    [{ term: "days" }, "days: Type a number of days"],
    [{ term: "months", timeZone: "UTC" }, "months: Type a number of months from 1 to 120"],
    [{ term: "months", months: "0", timeZone: "UTC" }, "months: Type a number of months"],
    [{ term: "months", months: "121", timeZone: "UTC" }, "months: Type a number of months"],
    [{ term: "months", months: "9".repeat(400), timeZone: "UTC" }, "months: Type a number of months"],
    [{ term: "months", months: "1", timeZone: "Mars/Base" }, "timeZone: We do not know"],
    [{ term: "days", days: "9".repeat(400) }, "days: Type a number of days"],
    [{ term: "days", days: "-7" }, "days: Type a number of days"],
    [
      { term: "until", untilDate: "9999-12-31", timeZone: "UTC" },
      "untilDate: Choose a day before the year 3000",
    ],
    [
      { term: "until", untilDate: "99999-12-31", timeZone: "UTC" },
      "untilDate: Choose a day before the year 3000",
    ],
    [
      { term: "until", untilDate: "275760-09-13", timeZone: "UTC" },
      "untilDate: Choose a day before the year 3000",
    ],
    [{ term: "until", untilDate: "0000-01-01", timeZone: "UTC" }, "untilDate: This day is long past"],
    [{ price: "-1" }, "price: A price cannot be below 0"],
    [{ price: "−12,50" }, "price: A price cannot be below 0"],
    [{ price: "twelve" }, "price: Write the price as a number"],
    [{ price: "1e9" }, "price: Write the price as a number"],
    [{ price: "1.000,00" }, "price: Write the price as a number"],
    [{ price: "NaN" }, "price: Write the price as a number"],
    [{ price: "12.345" }, "price: EUR has 2 digits"],
    [{ price: "12.5", currency: "JPY" }, "price: JPY has no digits"],
    [{ price: "1000000" }, "price: A price is at most EUR 999,999.99"],
    [{ price: "9".repeat(400) }, "price: A price is at most EUR 999,999.99"],
    [{ currency: "XXX" }, "currency: This is not one of the currencies"],
    [{ stock: "-1" }, "stock: There cannot be fewer than 0"],
    [{ stock: "1.5" }, "stock: Type a whole number from 0 to 1,000,000"],
    [{ stock: "1000001" }, "stock: Type a whole number from 0 to 1,000,000"],
    [{ stock: "9".repeat(400) }, "stock: Type a whole number from 0 to 1,000,000"],
    ...["0", "11", "-1", "1.5", "two", "9".repeat(400)].map(
      (devices) =>
        [{ devices }, "devices: Type a whole number from 1 to 10"] as [Record<string, string>, string],
    ),
    [{ saleStartDate: "2027-02-30", timeZone: "UTC" }, "saleStartDate: There is no such day"],
    [
      { saleEndDate: "2027-02-03", saleEndTime: "24:01", timeZone: "UTC" },
      "saleEndDate: There is no such day",
    ],
    [{ saleEndTime: "12:00", timeZone: "UTC" }, "saleEndDate: Choose the day"],
    [{ saleStartDate: "2027-02-03", timeZone: "Mars/Base" }, "timeZone: We do not know"],
    [
      { saleStartDate: "2027-02-03", saleEndDate: "2027-02-02", timeZone: "UTC" },
      "saleEndDate: This is before it begins",
    ],
    [{ onSale: "perhaps" }, "onSale: Choose whether"],
    [{ term: "forever" }, "term: Choose how long"],
    [{ atExpiry: "explode" }, "atExpiry: Choose what happens"],
    [{ experiences: [] }, "experiences: Choose at least one"],
    [{ experiences: undefined }, "experiences: Choose at least one"],
    [{ experiences: ["not-an-id"] }, "experiences.0: This is not one of the choices"],
    [{ name: " \u202e " }, "name: The name is missing"],
    [{ name: "x".repeat(10_000) }, "name: The name is too long"],
    [{ name: ["a", "b"] }, "name: Invalid input"],
  ])("refuses %j", (fields, said) => {
    expect(problemsOf(fields)?.[0]).toContain(said);
  });
});

test("a pass lets its holder watch on two devices at once unless it says otherwise", () => {
  expect(passForm.parse(pass).devices).toBe(2);
  expect(passForm.parse({ ...pass, devices: " 1 " }).devices).toBe(1);
  expect(passForm.parse({ ...pass, devices: "10" }).devices).toBe(10);
});

describe("what a pass costs, and who can get it", () => {
  test("reads a price into the smallest unit of its currency, however it is typed", () => {
    const read = (price: string, currency = "EUR") => passForm.parse({ ...pass, price, currency }).priceMinor;
    expect(["", "0", "0.00", "12", "12.5", " 12,50 ", "999999.99"].map((price) => read(price))).toEqual([
      0, 0, 0, 1200, 1250, 1250, 99_999_999,
    ]);
    expect([read("1500", "JPY"), read("1.234", "KWD")]).toEqual([1500, 1234]);
    expect(typePrice(1250, "EUR")).toBe("12.50");
    expect(typePrice(1500, "JPY")).toBe("1500");
    expect(typePrice(0, "EUR")).toBe("");
  });

  test("reads a pass of before that had none of these fields: free, for everybody, from now on", () => {
    expect(passForm.parse(pass)).toMatchObject({
      priceMinor: 0,
      currency: "EUR",
      stock: null,
      sale: { startsAt: null, endsAt: null },
      onSale: true,
      timeZone: "UTC",
    });
  });

  test("reads seats, months, and the days of a sale in the pass's zone, which whole days belong to", () => {
    const typed = {
      ...{ term: "months", months: "3", timeZone: "europe/berlin", stock: "0", onSale: "no" },
      ...{ saleStartDate: "2027-01-01", saleEndDate: "2027-01-31", saleEndTime: "18:00" },
    };
    expect(passForm.parse({ ...pass, ...typed })).toMatchObject({
      terms: { term: "months", months: 3, timeZone: "Europe/Berlin" },
      stock: 0,
      sale: { startsAt: "2026-12-31T23:00:00Z", endsAt: "2027-01-31T17:00:00Z" },
      onSale: false,
    });
  });

  test("tells everything that is wrong at once, each with its field", () => {
    expect(problemsOf({ term: "days", days: "x", price: "-1", stock: "-1", saleEndTime: "1" })).toEqual([
      "days: Type a number of days from 1 to 3660.",
      "price: A price cannot be below 0. With 0 it is free.",
      "stock: There cannot be fewer than 0. Leave it empty for as many as want to.",
      "saleEndDate: Choose the day, or leave the time empty, too.",
    ]);
  });
});

describe("wall times", () => {
  test("an end that a clock change skips or repeats is still an instant", () => {
    expect(toInstant("2027-03-28", "02:30", "Europe/Berlin")).toBe("2027-03-28T01:30:00Z");
    expect(toInstant("2026-10-25", "02:30", "Europe/Berlin")).toBe("2026-10-25T00:30:00Z");
  });

  test("an instant is shown in its zone as it was typed", () => {
    expect(toWallTime(new Date("2026-12-31T22:59:00Z"), "Europe/Berlin")).toEqual({
      date: "2026-12-31",
      time: "23:59",
    });
  });
});
