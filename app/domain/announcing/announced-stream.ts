import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { PictureWords } from "#app/services/pictures.ts";
import type { Database } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { forPublic } from "../recordings/recording-state.ts";
import { isOverdue } from "../streams/overdue.ts";
import type { StreamAddress, WatchedStream } from "../streams/watched.ts";
import { momentInWords, publicMoment } from "./moment.ts";
import { plainLine } from "./text.ts";

/**
 * What anybody at all may know of a stream, and all that is said of it to other sites: the same for whoever asks. Instants
 * are ISO. Whether it is rehearsed is the team's, so that it is `scheduled` then.
 */
export type AnnouncedStream = {
  path: string;
  title: string;
  description: string;
  /** `overdue`: it was to begin half a day ago, and never did. */
  status: Exclude<StreamStatus, "rehearsal"> | "overdue";
  startsAt: string;
  timeZone: string;
  lengthMinutes: number;
  /** When it was to start before it was moved; null where it never was. */
  formerStart: string | null;
  liveAt: string | null;
  endedAt: string | null;
  /** Of the replay that people with a pass can watch; null while there is none. */
  replayMs: number | null;
  /** Where its picture is: a path. */
  picture: string;
  space: { slug: string; name: string };
  experience: { slug: string; name: string };
};

/** What may be announced of a stream that is not retired, whoever its page is made for. */
export function announcedStream(watched: WatchedStream, path: string): AnnouncedStream {
  const { facts, description, timeZone, lengthMinutes, formerStart, space, experience } = watched;
  const { title, status, startsAt, liveAt, endedAt, recording, at } = facts;
  const isOpen = status === "scheduled" || status === "rehearsal";
  return {
    ...{ path, title, description, startsAt, timeZone, lengthMinutes, formerStart, liveAt, endedAt },
    status: isOpen ? (isOverdue(startsAt, at) ? "overdue" : "scheduled") : status,
    replayMs: status === "ended" ? (forPublic(recording)?.durationMs ?? null) : null,
    picture: pictureAddress(
      path,
      pictureEdition({
        ...{ title, startsAt, timeZone, cancelled: status === "cancelled" },
        ...{ spaceName: space.name, experienceName: experience.name },
      }),
    ),
    space: { slug: space.slug, name: space.name },
    experience: { slug: experience.slug, name: experience.name },
  };
}

/** What its picture says of a stream, and the edition (`pictureEdition`) that this is. */
export type PicturedStream = { words: PictureWords; edition: string };

/** The words of the picture of the stream at an address; undefined where none is, or none is shown any more. */
export async function findPicturedStream(
  db: Kysely<Database>,
  { space, experience, stream }: StreamAddress,
): Promise<PicturedStream | undefined> {
  const { rows } = await sql<{
    title: string;
    status: StreamStatus;
    startsAt: Date;
    timeZone: string;
    spaceName: string;
    experienceName: string;
  }>`
    select s.title, s.status, s.starts_at as "startsAt", s.time_zone as "timeZone",
      sp.name as "spaceName", e.name as "experienceName"
    from spaces sp
    join experiences e on e.space_id = sp.id and e.slug = ${experience} and e.retired_at is null
    join streams s on s.experience_id = e.id and s.slug = ${stream}
    where sp.slug = ${space} and sp.retired_at is null
  `.execute(db);
  const [found] = rows;
  if (!found) return undefined;
  const { title, startsAt, timeZone, spaceName, experienceName } = found;
  const cancelled = found.status === "cancelled";
  const { day, time, zone } = publicMoment(startsAt, timeZone);
  const [weekday = "", dayOfMonth = "", month = "", year = ""] = day.split(" ");
  return {
    edition: pictureEdition({
      ...{ title, timeZone, cancelled, spaceName, experienceName },
      startsAt: startsAt.toISOString(),
    }),
    words: {
      ...{ title, space: spaceName, experience: experienceName, note: cancelled ? "Cancelled" : "" },
      ...{ weekday, day: dayOfMonth, month: `${month} ${year}`, time },
      zone: zone.replaceAll("_", " "),
    },
  };
}

/** What the words of a picture are made of; instants are ISO. */
type Pictured = {
  title: string;
  startsAt: string;
  timeZone: string;
  cancelled: boolean;
  spaceName: string;
  experienceName: string;
};

/** Another one for other words. Of what they are made of, because each page says it, and clocks take longer than a hash. */
const pictureEdition = ({ title, startsAt, timeZone, cancelled, spaceName, experienceName }: Pictured) =>
  createHash("sha256")
    .update(JSON.stringify([title, startsAt, timeZone, cancelled, spaceName, experienceName]))
    .digest("base64url")
    .slice(0, 10);

/**
 * Where a stream's picture is, which says what edition of its words it shows: sites that have fetched the one before fetch
 * the next one.
 */
const pictureAddress = (path: string, edition: string) => `${path}/picture.png?v=${edition}`;

/** One line about a stream: how it stands and when, then what its description begins with. */
export function streamInBrief(stream: AnnouncedStream): string {
  return plainLine([standing(stream), stream.description].filter(Boolean).join(" "));
}

function standing({ status, startsAt, liveAt, timeZone, replayMs }: AnnouncedStream): string {
  // The page of a live stream is made most often, and needs no clock for this.
  if (status === "live") return "Live now.";
  if (status === "ended") {
    const when = momentInWords(liveAt ?? startsAt, timeZone);
    return replayMs === null ? `Was live on ${when}.` : `Replay. Live on ${when}.`;
  }
  const planned = momentInWords(startsAt, timeZone);
  return {
    scheduled: `Live on ${planned}.`,
    overdue: `Was planned for ${planned}.`,
    cancelled: `Cancelled. It was to start on ${planned}.`,
  }[status];
}
