import { describe, expect, it } from "vitest";
import { googleAddress, outlookAddress } from "./calendar-addresses.ts";

const words = {
  title: "Colour grading",
  startsAt: "2026-10-04T18:00:00.000Z",
  lengthMinutes: 90,
  about: "Two hours in one timeline",
  url: "https://frontrow.example/northlight/grading/streams/colour-grading",
};

const queryOf = (address: string) => Object.fromEntries(new URL(address).searchParams);

describe("the addresses of other calendars' forms", () => {
  it("have the stream's words and times, in UTC", () => {
    const google = new URL(googleAddress(words));
    expect(google.origin + google.pathname).toBe("https://calendar.google.com/calendar/render");
    expect(queryOf(google.href)).toEqual({
      action: "TEMPLATE",
      text: "Colour grading",
      dates: "20261004T180000Z/20261004T193000Z",
      details: `Two hours in one timeline\n\n${words.url}`,
      location: words.url,
    });
    const outlook = new URL(outlookAddress(words, "outlook.live.com"));
    expect(outlook.origin + outlook.pathname).toBe("https://outlook.live.com/calendar/0/action/compose");
    expect(queryOf(outlook.href)).toMatchObject({
      rru: "addevent",
      subject: "Colour grading",
      startdt: "2026-10-04T18:00:00Z",
      enddt: "2026-10-04T19:30:00Z",
      body: `Two hours in one timeline\n\n${words.url}`,
      location: words.url,
    });
    expect(new URL(outlookAddress(words, "outlook.office.com")).host).toBe("outlook.office.com");
  });

  it.each([
    ["CR LF", "One\r\ntwo&location=https://evil.example", "One two&location=https://evil.example"],
    ["emoji, commas and a plus", "1 + 1, 👩‍👩‍👧‍👦; “so”", "1 + 1, 👩‍👩‍👧‍👦; “so”"],
    ["a hash and a percent sign", "100% #live?", "100% #live?"],
    ["half a character", "Half \ud83d", "Half \ufffd"],
  ])("keep %s of a title inside its field", (_, title, shown) => {
    const google = googleAddress({ ...words, title });
    const outlook = outlookAddress({ ...words, title }, "outlook.live.com");
    expect(queryOf(google)).toMatchObject({ text: shown, location: words.url });
    expect(queryOf(outlook)).toMatchObject({ subject: shown, location: words.url });
    // Outlook would show a plus where a space was meant.
    for (const address of [google, outlook]) expect(address).not.toMatch(/[+\s"]/);
  });
});
