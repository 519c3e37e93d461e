import { describe, expect, it } from "vitest";
import { readLength } from "./length.ts";

describe("an expected length", () => {
  it.each([
    ["90", 90],
    ["90 min", 90],
    ["90min", 90],
    ["90 minutes", 90],
    ["1:30", 90],
    ["1 h 30 min", 90],
    ["1h30", 90],
    ["1 hour and 30 minutes", 90],
    ["1.5 h", 90],
    ["1,5 h", 90],
    ["2 h", 120],
    ["2 hours", 120],
    [" 2 H ", 120],
    ["5", 5],
    ["24 h", 1440],
    ["1440", 1440],
  ])("%j is %i minutes", (typed, minutes) => expect(readLength(typed)).toEqual({ ok: true, minutes }));

  it.each(["0", "4", "0 h", "0:04", "-90", "-1 h"])("%j is too short", (typed) =>
    expect(readLength(typed)).toEqual({ ok: false, sentence: "A stream is at least 5 minutes long." }),
  );

  it.each(["25 h", "24:01", "1441", "999999"])("%j is too long", (typed) =>
    expect(readLength(typed)).toEqual({ ok: false, sentence: "A stream is at most 24 hours long." }),
  );

  it.each(["soon", "1e3", "Infinity", "NaN", "h", "1 d", "1:70", "1 h 1 h", "9".repeat(400), "٩٠"])(
    "%j is not understood",
    (typed) => expect(readLength(typed)).toMatchObject({ ok: false, sentence: /such as 1 h 30 min/ }),
  );

  it.each([undefined, "", "  "])("%j is asked for", (typed) =>
    expect(readLength(typed)).toEqual({ ok: false, sentence: "Say how long you expect it to be." }),
  );
});
