import { describe, expect, test } from "vitest";
import { passForm } from "./fields.ts";
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
