import { expect, it } from "vitest";
import { askedNow } from "./asked-now.ts";

const [before, loaded, after] = ["2030-01-01T12:00:00Z", "2030-01-01T12:00:01Z", "2030-01-01T12:00:02Z"];
const asked = (reason: "ended" | "full") => ({ reason, most: 1, tried: null, devices: [] });
const page = (devices: ReturnType<typeof asked> | null) => ({ devices, at: loaded });

it("a page whose device was ended since it was loaded asks at once, and reads which devices watch instead", () => {
  const now = askedNow(page(null), { ended: true, at: after });
  expect(now).toMatchObject({ differs: true, asked: { reason: "ended", devices: null } });
});

it("a page that was ended goes on when it hears that it may", () => {
  expect(askedNow(page(asked("ended")), { ended: false, at: after })).toEqual({ differs: true, asked: null });
});

it("a page that never had a place goes on asking for one, also when it hears that nobody ended it", () => {
  const now = askedNow(page(asked("full")), { ended: false, at: after });
  expect(now).toEqual({ differs: false, asked: asked("full") });
});

it("what was told before the page was loaded, or nothing, changes nothing", () => {
  for (const told of [null, { ended: true, at: before }])
    expect(askedNow(page(null), told)).toEqual({ differs: false, asked: null });
  expect(askedNow(page(asked("ended")), { ended: false, at: before }).differs).toBe(false);
});
