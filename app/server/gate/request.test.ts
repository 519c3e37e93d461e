import { describe, expect, test } from "vitest";
import { isGatePath, isValidatePath, tokenOf, withToken } from "./request.ts";

const at = (target: string) => new URL(target, "http://page");
const read = (target: string, authorization?: string) => tokenOf({ headers: { authorization } }, at(target));

describe("the addresses of the gate", () => {
  test.each(["/rtc", "/rtc/v1", "/rtc/validate", "/rtc/v1/validate"])("%s is one", (path) => {
    expect(isGatePath(path)).toBe(true);
    expect(isValidatePath(path)).toBe(path.endsWith("validate"));
  });

  test.each(["/rtc/", "/rtc/v2", "/RTC", "/twirp/livekit.RoomService/ListRooms", "/whip/v1", "/agent", "/"])(
    "%s is none",
    (path) => {
      expect(isGatePath(path)).toBe(false);
      expect(isValidatePath(path)).toBe(false);
    },
  );
});

describe("the token of a request", () => {
  test("is that of the query, or of the header, or of both where they agree", () => {
    expect(read("/rtc?access_token=a.b.c&protocol=15")).toBe("a.b.c");
    expect(read("/rtc?protocol=15", "Bearer a.b.c")).toBe("a.b.c");
    expect(read("/rtc?access_token=a.b.c", "bearer a.b.c")).toBe("a.b.c");
    expect(read("/rtc?access_token=a&access_token=a")).toBe("a");
  });

  test.each([
    ["/rtc", undefined],
    ["/rtc?access_token=", undefined],
    ["/rtc?access_token=a", "Bearer b"],
    ["/rtc?access_token=a&access_token=b", undefined],
    ["/rtc?access_token=a", "Bearer "],
    // Whoever does not decode names would pass it on.
    ["/rtc?access%5Ftoken=a", undefined],
    ["/rtc?access_token=a&access%5ftoken=a", undefined],
  ])("is none at %s with %s", (target, authorization) => {
    expect(read(target, authorization)).toBeUndefined();
  });
});

test("another token takes its place, and nothing else is touched", () => {
  const url = at("/rtc/v1?a=1&access_token=theirs&join_request=AbC%2B%2F%3D&b=%20&access_token=theirs");
  expect(withToken(url, "ours")).toBe("/rtc/v1?access_token=ours&a=1&join_request=AbC%2B%2F%3D&b=%20");
  expect(withToken(at("/rtc?access_token=theirs"), "ours")).toBe("/rtc?access_token=ours");
  expect(withToken(at("/rtc"), "ours")).toBe("/rtc?access_token=ours");
});
