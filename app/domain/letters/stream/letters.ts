import type { MailChoice } from "../../mail/kinds.ts";
import { choiceWords } from "../../mail/kinds.ts";
import type { MailedGrant, MailedStream } from "../../mail/facts.ts";
import { isolate } from "../words.ts";
import type { LetterContent, Piece } from "./layout.ts";
import { letterTime } from "./times.ts";

/** What the letters about a stream are made of. */
export type AboutStream = {
  stream: Pick<
    MailedStream,
    | "title"
    | "startsAt"
    | "timeZone"
    | "lengthMinutes"
    | "path"
    | "experienceName"
    | "spaceName"
    | "formerStartsAt"
    | "series"
  >;
  /** The reader's; null: not known. */
  zone: string | null;
  /** Whether the reader holds what opens it; without it they are told where to get it. */
  mayWatch: boolean;
  publicUrl: string;
};

const stopWhat = (choice: MailChoice) => choiceWords[choice].name;

const whyComing = ({ stream }: AboutStream) =>
  `You get this because you said that you are coming to “${isolate(stream.title)}”.`;

const whoseStream = ({ stream }: AboutStream): Piece => ({
  kind: "words",
  text: `${isolate(stream.experienceName)} by ${isolate(stream.spaceName)}`,
});

const starts = ({ stream, zone }: AboutStream, label = "It starts"): Piece => ({
  kind: "time",
  label,
  time: letterTime(stream.startsAt, zone, stream.timeZone),
});

/** Somebody may come who has no pass yet. */
const passFirst = ({ mayWatch }: AboutStream): Piece[] =>
  mayWatch
    ? []
    : [{ kind: "words", text: "You need a pass to watch it. Its page says which, and how you get it." }];

const page = ({ stream, publicUrl }: AboutStream) => `${publicUrl}${stream.path}`;
const shortTime = ({ stream, zone }: AboutStream) => letterTime(stream.startsAt, zone, stream.timeZone).short;

export const comingLetter = (about: AboutStream): LetterContent => ({
  subject: `You are coming: ${isolate(about.stream.title)}`,
  preview: `${shortTime(about)}. We remind you before it starts.`,
  heading: isolate(about.stream.title),
  pieces: [
    { kind: "words", text: "You said that you are coming. We keep you posted." },
    starts(about),
    whoseStream(about),
    ...passFirst(about),
    {
      kind: "words",
      text: "On its page you can put it into your calendar, or say that you are not coming after all.",
    },
  ],
  action: { label: "Open its page", href: page(about) },
  why: whyComing(about),
  stopWhat: stopWhat("coming"),
});

export const reminderLetter = (about: AboutStream): LetterContent => ({
  subject: `Reminder: ${isolate(about.stream.title)}, ${shortTime(about)}`,
  preview: `It starts ${shortTime(about)}. Come to its page, and you are let in when it begins.`,
  heading: isolate(about.stream.title),
  pieces: [
    starts(about),
    whoseStream(about),
    ...passFirst(about),
    { kind: "words", text: "Come to its page: you can wait there, and are let in when it begins." },
  ],
  action: { label: "Open its page", href: page(about) },
  why: whyComing(about),
  stopWhat: stopWhat("reminder"),
});

export const liveLetter = (about: AboutStream): LetterContent => ({
  subject: `Live now: ${isolate(about.stream.title)}`,
  preview: `${isolate(about.stream.spaceName)} is live.`,
  heading: isolate(about.stream.title),
  pieces: [{ kind: "words", text: "It has begun. Come in." }, whoseStream(about), ...passFirst(about)],
  action: { label: "Watch now", href: page(about) },
  why: `${whyComing(about)} You chose to be told when streams begin.`,
  stopWhat: stopWhat("live"),
});

export const movedLetter = (about: AboutStream): LetterContent => {
  const { stream, zone } = about;
  const former: Piece[] = stream.formerStartsAt
    ? [
        {
          kind: "time",
          label: "Before, it was to start",
          time: letterTime(stream.formerStartsAt, zone, stream.timeZone),
          over: true,
        },
      ]
    : [];
  return {
    subject: `Moved to ${shortTime(about)}: ${isolate(stream.title)}`,
    preview: `It now starts ${shortTime(about)}.`,
    heading: isolate(stream.title),
    pieces: [
      { kind: "words", text: "This stream has another time." },
      starts(about, "It now starts"),
      ...former,
      whoseStream(about),
      {
        kind: "words",
        text: "You are still on the list, and are reminded of the new time. A calendar that follows yours has it by itself.",
      },
    ],
    action: { label: "Open its page", href: page(about) },
    why: whyComing(about),
    stopWhat: stopWhat("change"),
  };
};

export const cancelledLetter = (about: AboutStream): LetterContent => ({
  subject: `Cancelled: ${isolate(about.stream.title)}`,
  preview: "It does not take place.",
  heading: isolate(about.stream.title),
  pieces: [
    { kind: "words", text: "This stream was cancelled. It does not take place." },
    { ...starts(about, "It was to start"), over: true } as Piece,
    whoseStream(about),
  ],
  action: { label: "Open its page", href: page(about) },
  why: whyComing(about),
  stopWhat: stopWhat("change"),
});

export const replayLetter = (about: AboutStream): LetterContent => ({
  subject: `The replay is there: ${isolate(about.stream.title)}`,
  preview: "Watch it whenever you like, for as long as your pass lasts.",
  heading: isolate(about.stream.title),
  pieces: [
    { kind: "words", text: "Its replay is ready, with its chat. It is at the stream's own address." },
    whoseStream(about),
    ...passFirst(about),
  ],
  action: { label: "Watch the replay", href: page(about) },
  why: whyComing(about),
  stopWhat: stopWhat("replay"),
});

/** So many streams stand in one letter; the others are counted. */
const mostListed = 10;

/** New streams of what the reader follows, one or several, the earliest first. */
export function newStreamsLetter(abouts: AboutStream[]): LetterContent {
  const ordered = [...abouts].sort((a, b) => a.stream.startsAt.getTime() - b.stream.startsAt.getTime());
  const first = ordered[0]!;
  const more = ordered.length - mostListed;
  const spaces = [...new Set(ordered.map(({ stream }) => stream.spaceName))];
  const from = spaces.length === 1 ? isolate(spaces[0]!) : `${spaces.length} spaces that you follow`;
  return {
    subject:
      ordered.length === 1
        ? `New from ${isolate(first.stream.spaceName)}: ${isolate(first.stream.title)}, ${shortTime(first)}`
        : `${ordered.length} new streams from ${spaces.length === 1 ? spaces[0]! : "spaces that you follow"}`,
    preview: `${isolate(first.stream.title)}, ${shortTime(first)}`,
    heading: ordered.length === 1 ? "A new stream" : `${ordered.length} new streams`,
    pieces: [
      { kind: "words", text: `Scheduled by ${from}:` },
      ...ordered.slice(0, mostListed).map((about): Piece => ({
        kind: "stream",
        title: isolate(about.stream.title),
        time: letterTime(about.stream.startsAt, about.zone, about.stream.timeZone),
        about: `${about.stream.series ? `${about.stream.series}. ` : ""}${isolate(about.stream.experienceName)} by ${isolate(about.stream.spaceName)}`,
        href: page(about),
      })),
      ...(more > 0 ? [{ kind: "words", text: `And ${more} more.` } satisfies Piece] : []),
      { kind: "words", text: "Say on its page that you are coming, and we remind you." },
    ],
    action: { label: ordered.length === 1 ? "Open its page" : "Open the first one", href: page(first) },
    why: `You get this because you follow ${from}.`,
    stopWhat: stopWhat("new_stream"),
  };
}

/** Somebody's pass runs out in some days. */
export function accessEndsLetter({
  grant,
  zone,
  publicUrl,
}: {
  grant: Pick<MailedGrant, "passName" | "passPath" | "spaceName" | "atExpiry"> & { endsAt: Date };
  zone: string | null;
  publicUrl: string;
}): LetterContent {
  const time = letterTime(grant.endsAt, zone, zone ?? "UTC");
  return {
    subject: `Your pass ends ${time.short}: ${isolate(grant.passName)}`,
    preview: `Until then you watch everything it opens.`,
    heading: isolate(grant.passName),
    pieces: [
      { kind: "words", text: `Your pass for ${isolate(grant.spaceName)} runs out soon.` },
      { kind: "time", label: "It ends", time },
      {
        kind: "words",
        text:
          grant.atExpiry === "finish"
            ? "A stream that has begun by then plays to its end."
            : "It ends at that moment, also in the middle of a stream.",
      },
    ],
    action: { label: "Open the page of the pass", href: `${publicUrl}${grant.passPath}` },
    why: `You get this because you hold this pass.`,
    stopWhat: stopWhat("access"),
  };
}
