import { describe, expect, it } from "vitest";
import { letterTime } from "#app/domain/letters/stream/times.ts";
import { renderSample, samples } from "#local/mails/samples.ts";

describe("every mail about streams", () => {
  it.each(Object.keys(samples))("%s looks as it was looked at, as text and as HTML", async (name) => {
    const letter = (await renderSample(name))!;
    await expect(`Subject: ${letter.subject}\n\n${letter.text}`).toMatchFileSnapshot(`mails/${name}.txt`);
    await expect(letter.html).toMatchFileSnapshot(`mails/${name}.html`);
  });

  it.each(Object.keys(samples))("%s says the same in both, without a picture or a script", async (name) => {
    const { html, text } = (await renderSample(name))!;
    expect(html).not.toMatch(/<img|<script|url\(|background-image|onerror/i);
    expect(html).toContain('name="color-scheme" content="light dark"');
    expect(html).toContain("prefers-color-scheme: dark");
    for (const address of html.matchAll(/href="([^"]+)"/g))
      expect(text).toContain(address[1]!.replaceAll("&amp;", "&"));
    expect(text).toContain("Stop ");
    expect(text).toContain("https://frontrow.example/account/mail");
  });

  it("what a title holds is text, and no line of it begins a line of the letter's own (ASVS 1.2.1)", async () => {
    const { html, text } = (await renderSample("reminder-odd"))!;
    expect(html).not.toContain("<b>Ünïcode</b>");
    expect(html).toContain("&lt;b&gt;Ünïcode&lt;/b&gt;");
    expect(text).not.toMatch(/^Bcc:/m);
  });
});

describe("times in letters", () => {
  const at = new Date("2027-03-28T00:30:00Z");

  it("are the reader's, and the stream's where that is another clock", () => {
    expect(letterTime(at, "America/New_York", "Europe/Berlin")).toEqual({
      words: "Saturday 27 March 2027, 20:30",
      zone: "America/New York",
      other: "Sunday 28 March 2027, 01:30 in Europe/Berlin",
      short: "Sat 27 Mar, 20:30",
    });
    expect(letterTime(at, "Europe/Paris", "Europe/Berlin").other).toBeNull();
  });

  it("know a zone by its new name, and take one that nobody knows for the stream's", () => {
    expect(letterTime(at, "Europe/Kiev", "UTC").zone).toBe("Europe/Kyiv");
    expect(letterTime(at, "Mars/Olympus", "Europe/Berlin").zone).toBe("Europe/Berlin");
    expect(letterTime(at, null, "US/Pacific").zone).toBe("America/Los Angeles");
  });

  it("follow a change of clocks", () => {
    const after = new Date("2027-03-28T01:30:00Z");
    expect(letterTime(at, "Europe/Berlin", "Europe/Berlin").words).toContain("01:30");
    expect(letterTime(after, "Europe/Berlin", "Europe/Berlin").words).toContain("03:30");
  });
});
