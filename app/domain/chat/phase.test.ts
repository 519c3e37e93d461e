import { expect, it } from "vitest";
import { chatPhase, type ChatTimes } from "./phase.ts";

const startsAt = new Date("2026-11-27T20:00:00Z");
const at = (time: string) => new Date(`2026-11-27T${time}Z`);
const times = (more: Partial<ChatTimes> = {}): ChatTimes => ({
  status: "scheduled",
  startsAt,
  endedAt: null,
  chatBefore: "then",
  chatAfterMinutes: 30,
  ...more,
});

it("opens half an hour before the start, and says when that is", () => {
  expect(chatPhase(times(), at("19:29:59"))).toEqual({
    phase: "before",
    opensAt: at("19:30:00"),
    closesAt: null,
  });
  expect(chatPhase(times(), at("19:30:00")).phase).toBe("open");
});

it("opens at rehearsal, however early that is", () => {
  expect(chatPhase(times({ status: "rehearsal" }), at("12:00:00")).phase).toBe("open");
});

it.each(["scheduled", "rehearsal"] as const)(
  "stays shut until it is live where the creator says so (%s)",
  (status) => {
    expect(chatPhase(times({ status, chatBefore: "never" }), at("19:59:00"))).toEqual({
      phase: "before",
      opensAt: null,
      closesAt: null,
    });
  },
);

it("is open from the beginning where the creator says so", () => {
  expect(chatPhase(times({ chatBefore: "always" }), at("01:00:00")).phase).toBe("open");
});

it("is open while the stream is live, whatever was set", () => {
  for (const chatBefore of ["never", "then", "always"] as const)
    expect(chatPhase(times({ status: "live", chatBefore }), at("23:00:00")).phase).toBe("open");
});

it("stays for its time after the end, and can be read from then on", () => {
  const ended = times({ status: "ended", endedAt: at("21:00:00") });
  expect(chatPhase(ended, at("21:29:59"))).toEqual({
    phase: "open",
    opensAt: null,
    closesAt: at("21:30:00"),
  });
  expect(chatPhase(ended, at("21:30:00")).phase).toBe("read-only");
  expect(chatPhase({ ...ended, chatAfterMinutes: 0 }, at("21:00:00")).phase).toBe("read-only");
});

it("is not there for a stream that is cancelled", () => {
  expect(chatPhase(times({ status: "cancelled" }), at("20:00:00")).phase).toBe("closed");
});
