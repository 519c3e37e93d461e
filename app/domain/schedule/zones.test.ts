import { describe, expect, it } from "vitest";
import { listZones, normalizeZone } from "./zones.ts";

describe("a zone's name", () => {
  it.each([
    ["Europe/Berlin", "Europe/Berlin"],
    ["europe/berlin", "Europe/Berlin"],
    [" Europe/Berlin ", "Europe/Berlin"],
    ["US/Pacific", "America/Los_Angeles"],
    ["Europe/Kiev", "Europe/Kyiv"],
    ["Europe/Kyiv", "Europe/Kyiv"],
    ["Asia/Calcutta", "Asia/Kolkata"],
    ["Asia/Kolkata", "Asia/Kolkata"],
    ["Asia/Saigon", "Asia/Ho_Chi_Minh"],
    ["Etc/UTC", "UTC"],
    ["GMT", "UTC"],
    ["utc", "UTC"],
    ["Etc/GMT+5", "Etc/GMT+5"],
  ])("%s is kept as %s", (typed, kept) => expect(normalizeZone(typed)).toBe(kept));

  it.each([
    "",
    " ",
    "Mars/Olympus",
    "+02:00",
    "-05",
    "UTC+2",
    "Europe",
    "Europe/Ber\0lin",
    "a".repeat(70),
    "../etc",
  ])("%j is no zone", (typed) => expect(normalizeZone(typed)).toBeUndefined());

  it("is nothing when there is none", () => {
    expect(normalizeZone(null)).toBeUndefined();
    expect(normalizeZone(undefined)).toBeUndefined();
  });
});

describe("the list of zones", () => {
  const regions = listZones();
  const all = regions.flatMap(({ zones }) => zones);

  it("has each zone once, under its present name, by region", () => {
    expect(new Set(all).size).toBe(all.length);
    expect(regions.find(({ region }) => region === "Europe")?.zones).toContain("Europe/Kyiv");
    expect(all).not.toContain("Europe/Kiev");
    expect(regions.at(-1)?.region === "Other" || regions.some(({ region }) => region === "Other")).toBe(true);
    expect(regions.find(({ region }) => region === "Other")?.zones).toEqual(["UTC"]);
  });

  it("has only names that are normal already, so that a stored zone is always found in it", () => {
    expect(all.filter((zone) => normalizeZone(zone) !== zone)).toEqual([]);
  });

  it("has a zone that engines do not list when it is asked for", () => {
    expect(listZones("Etc/GMT+5").flatMap(({ zones }) => zones)).toContain("Etc/GMT+5");
    expect(listZones("Mars/Olympus").flatMap(({ zones }) => zones)).toEqual(all);
  });
});
