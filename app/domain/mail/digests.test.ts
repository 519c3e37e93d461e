import { expect, it } from "vitest";
import { dayOf } from "./digests.ts";

it("somebody's day begins at midnight on their clocks, also where those change or are not known", () => {
  const days = (now: string, zone: string | null) => {
    const { began, next } = dayOf(new Date(now), zone);
    return [began.toISOString(), next.toISOString()];
  };
  expect(days("2027-01-04T12:00:00Z", null)).toEqual([
    "2027-01-04T00:00:00.000Z",
    "2027-01-05T00:00:00.000Z",
  ]);
  expect(days("2027-01-04T12:00:00Z", "Mars/Olympus")).toEqual(days("2027-01-04T12:00:00Z", null));
  expect(days("2027-03-28T12:00:00Z", "Europe/Berlin")).toEqual([
    ...["2027-03-27T23:00:00.000Z", "2027-03-28T22:00:00.000Z"],
  ]);
  expect(days("2027-01-04T12:00:00Z", "Pacific/Kiritimati")).toEqual([
    ...["2027-01-04T10:00:00.000Z", "2027-01-05T10:00:00.000Z"],
  ]);
});
