import {
  addressed,
  renderLetter,
  type LetterContent,
  type RenderedLetter,
} from "#app/domain/letters/stream/layout.ts";
import { stopPlaceholder } from "#app/domain/letters/stream/layout.ts";
import {
  accessEndsLetter,
  cancelledLetter,
  comingLetter,
  liveLetter,
  movedLetter,
  newStreamsLetter,
  reminderLetter,
  replayLetter,
  type AboutStream,
} from "#app/domain/letters/stream/letters.ts";

const publicUrl = "https://frontrow.example";

/** A stream of Berlin, for a reader in New York who may watch it. */
const evening: AboutStream = {
  stream: {
    title: "Late sessions: the slow version",
    startsAt: new Date("2027-03-18T19:00:00Z"),
    timeZone: "Europe/Berlin",
    lengthMinutes: 90,
    path: "/northlight/late-sessions/streams/the-slow-version",
    experienceName: "Late sessions",
    spaceName: "Northlight",
    formerStartsAt: new Date("2027-03-17T20:00:00Z"),
    series: null,
  },
  zone: "America/New_York",
  mayWatch: true,
  publicUrl,
};

/** What titles and names may hold, for a reader whose zone is not known and who has no pass. */
const odd: AboutStream = {
  ...evening,
  stream: {
    ...evening.stream,
    title: "<b>Ünïcode</b> & “quotes”, 👩‍👩‍👧‍👦 שלום\u202e \r\nBcc: them@example.com",
    experienceName: '"Quoted" <script>alert(1)</script>',
    spaceName: "مسرح",
  },
  zone: null,
  mayWatch: false,
};

const dayLater = (days: number): AboutStream => ({
  ...evening,
  stream: {
    ...evening.stream,
    title: `Late sessions, evening ${days + 1}`,
    startsAt: new Date(evening.stream.startsAt.getTime() + days * 86_400_000),
    path: `/northlight/late-sessions/streams/evening-${days + 1}`,
  },
});

/** Every mail that there is, by a name for its file; some with what is odd. */
export const samples: Record<string, LetterContent> = {
  coming: comingLetter(evening),
  "coming-odd": comingLetter(odd),
  reminder: reminderLetter(evening),
  "reminder-odd": reminderLetter(odd),
  live: liveLetter(evening),
  moved: movedLetter(evening),
  cancelled: cancelledLetter(evening),
  replay: replayLetter(evening),
  "new-stream": newStreamsLetter([evening]),
  "new-series": newStreamsLetter([
    {
      ...evening,
      stream: { ...evening.stream, series: "Every week on Thursday, until Thursday 24 June 2027" },
    },
  ]),
  "new-streams": newStreamsLetter(Array.from({ length: 12 }, (_, index) => dayLater(index))),
  "access-ends": accessEndsLetter({
    grant: {
      passName: "Season pass",
      passPath: "/northlight/passes/season",
      spaceName: "Northlight",
      atExpiry: "finish",
      endsAt: new Date("2027-03-31T21:59:00Z"),
    },
    zone: "Europe/Kiev",
    publicUrl,
  }),
};

/** One of them as its reader gets it. */
export async function renderSample(name: string): Promise<RenderedLetter | undefined> {
  const content = Object.hasOwn(samples, name) ? samples[name] : undefined;
  if (!content) return undefined;
  const links = { stop: stopPlaceholder, choices: `${publicUrl}/account/mail` };
  return addressed(await renderLetter(content, links), `${publicUrl}/mail/unsubscribe/reminder/a-code`);
}
