import { type Kysely, type RawBuilder, sql } from "kysely";
import { Temporal } from "temporal-polyfill";
import type { CalendarEntry } from "#app/services/calendar-files.ts";
import type { Database } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { clockInWords, dayInWords } from "../schedule/words.ts";
import { normalizeZone } from "../schedule/zones.ts";
import type { StreamAddress } from "../streams/watched.ts";

/** What a calendar says of a stream: nothing that its page does not tell everybody. */
export type PublishedStream = {
  id: string;
  title: string;
  description: string;
  status: StreamStatus;
  startsAt: Date;
  timeZone: string;
  lengthMinutes: number;
  path: string;
  experienceName: string;
  spaceName: string;
  /**
   * Which edition of all this it is: raised by each change of its words and times, when it is cancelled, and when what it
   * belongs to gets another name or address.
   */
  edition: number;
  createdAt: Date;
  changedAt: Date;
};

type Row = Omit<PublishedStream, "path"> & { slug: string; experienceSlug: string; spaceSlug: string };

/** Streams as calendars have them: `rest` is the query behind `streams s`, `experiences e` and `spaces sp`. */
export async function listPublished(
  db: Kysely<Database>,
  rest: RawBuilder<unknown>,
): Promise<PublishedStream[]> {
  const { rows } = await sql<Row>`
    select s.id, s.slug, s.title, s.description, s.status, s.starts_at as "startsAt", s.time_zone as "timeZone",
      s.length_minutes as "lengthMinutes", s.edit_version + e.renames + sp.renames as edition, s.created_at as "createdAt",
      greatest(coalesce(s.edited_at, s.created_at), e.renamed_at, sp.renamed_at) as "changedAt",
      e.slug as "experienceSlug", e.name as "experienceName", sp.slug as "spaceSlug", sp.name as "spaceName"
    from streams s
    join experiences e on e.id = s.experience_id
    join spaces sp on sp.id = e.space_id
    ${rest}
  `.execute(db);
  return rows.map(({ slug, experienceSlug, spaceSlug, ...row }) => ({
    ...row,
    path: `/${spaceSlug}/${experienceSlug}/streams/${slug}`,
  }));
}

/** The stream at an address (slugs), for its calendar file; undefined when there is none. */
export async function findPublished(
  db: Kysely<Database>,
  { space, experience, stream }: StreamAddress,
): Promise<PublishedStream | undefined> {
  const [found] = await listPublished(
    db,
    sql`where sp.slug = ${space} and e.slug = ${experience} and s.slug = ${stream}`,
  );
  return found;
}

/** The page has the rest. */
const mostCharacters = 1000;

type Publisher = {
  publicUrl: string;
  /** The address that our mail is from, with or without a name before it. */
  mailFrom: string;
};

/** A stream's entry. Its UID is the stream's id for ever, and its SEQUENCE grows with each edition. */
export function toEntry(stream: PublishedStream, { publicUrl, mailFrom }: Publisher): CalendarEntry {
  const { id, title, status, startsAt, lengthMinutes, edition, createdAt, changedAt } = stream;
  const cancelled = status === "cancelled";
  const url = publicUrl + stream.path;
  return {
    uid: id,
    sequence: edition - 1,
    cancelled,
    startsAt,
    endsAt: new Date(startsAt.getTime() + lengthMinutes * 60_000),
    timeZone: normalizeZone(stream.timeZone),
    // Some calendars show a cancelled entry as any other one.
    title: cancelled ? `Cancelled: ${title}` : title,
    description: [
      cancelled && "This stream was cancelled. It will not take place.",
      shortened(stream.description),
      whenInWords(stream),
      `${stream.experienceName}, by ${stream.spaceName}`,
      url,
    ]
      .filter(Boolean)
      .join("\n\n"),
    url,
    organizer: { name: stream.spaceName, email: addressOf(mailFrom) },
    createdAt,
    changedAt,
  };
}

/** "It starts at 20:00 in Europe/Berlin, on Sunday 4 October 2026.": what its creator chose, on their clocks. */
function whenInWords({ startsAt, timeZone }: PublishedStream): string | undefined {
  const zone = normalizeZone(timeZone);
  if (!zone) return undefined;
  const at = Temporal.Instant.fromEpochMilliseconds(startsAt.getTime()).toZonedDateTimeISO(zone);
  return `It starts at ${clockInWords(at)} in ${zone}, on ${dayInWords(at)}.`;
}

function shortened(text: string): string {
  const characters = [...text.trim()];
  if (characters.length <= mostCharacters) return characters.join("");
  return `${characters.slice(0, mostCharacters).join("").trimEnd()}…`;
}

const addressOf = (mailFrom: string) => /<([^<>]+)>\s*$/.exec(mailFrom)?.[1]?.trim() ?? mailFrom.trim();
