import { expect, test } from "vitest";
import { attachment } from "./file-name.ts";

test("a name keeps its own letters and has a plain one beside it", () => {
  expect(attachment("Häuser: Teil 2", "mp4")).toBe(
    `attachment; filename="Hauser- Teil 2.mp4"; filename*=UTF-8''H%C3%A4user-%20Teil%202.mp4`,
  );
});

test("a title cannot break out of the header, turn its direction or name a folder (ASVS 5.4.2)", () => {
  const header = attachment('a"; filename="evil.exe\r\nSet-Cookie: x=1\0 \u202Egnp.exe/../b', "mp4");
  expect(header).not.toMatch(/[\r\n\0\u202e/]/);
  expect(header.match(/"/g)).toHaveLength(2);
});

test("a title of nothing that can be written is a recording", () => {
  expect(attachment("...", "mp4")).toBe(
    `attachment; filename="recording.mp4"; filename*=UTF-8''recording.mp4`,
  );
  expect(attachment("日本語", "mp4")).toContain(`filename="recording.mp4"; filename*=UTF-8''%E6%97%A5`);
});
