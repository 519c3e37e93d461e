import { type Kysely, sql } from "kysely";
import type { Database } from "#db/client.ts";
import type { StreamStatus } from "#db/types.ts";
import { isShown } from "../recordings/shown.ts";
import { isNotOverdue } from "../streams/overdue.ts";
import { momentInWords } from "./moment.ts";
import { plainLine, xml } from "./text.ts";

/** What a space's feed tells of one stream. */
export type FeedEntry = {
  id: string;
  path: string;
  title: string;
  description: string;
  status: StreamStatus;
  /** It was to begin half a day ago; of one that has not begun. */
  overdue: boolean;
  startsAt: Date;
  liveAt: Date | null;
  timeZone: string;
  hasReplay: boolean;
  experienceName: string;
  publishedAt: Date;
  updatedAt: Date;
};

export type Feed = {
  /** `changedAt`: when it got its name, or lost something that the feed told of. */
  space: { id: string; slug: string; name: string; description: string; changedAt: Date };
  entries: FeedEntry[];
};

/** A feed is about what is new: readers keep what they have read before. */
const most = 50;

/**
 * The feed of the space at an address: its streams, the last ones that something happened to first, without what was
 * retired. `retired` for a space that has closed, undefined where there is none.
 */
export async function findFeed(db: Kysely<Database>, slug: string): Promise<Feed | "retired" | undefined> {
  const space = await db
    .selectFrom("spaces")
    .select(["id", "slug", "name", "description", "retired_at"])
    .select(
      sql<Date>`greatest(created_at, renamed_at, (
        select max(e.retired_at) from experiences e where e.space_id = spaces.id
      ))`.as("changedAt"),
    )
    .where("slug", "=", slug)
    .executeTakeFirst();
  if (!space) return undefined;
  if (space.retired_at) return "retired";
  const { rows: entries } = await sql<FeedEntry>`
    select s.id, '/' || ${space.slug}::text || '/' || e.slug || '/streams/' || s.slug as path, s.title, s.description, s.status,
      not (${isNotOverdue}) as overdue,
      s.starts_at as "startsAt", s.live_at as "liveAt", s.time_zone as "timeZone", e.name as "experienceName",
      coalesce(r.shown, false) as "hasReplay", s.created_at as "publishedAt",
      greatest(coalesce(s.edited_at, s.created_at), s.live_at, s.ended_at, r.shown_or_not_at) as "updatedAt"
    from experiences e
    join streams s on s.experience_id = e.id
    left join lateral (
      select bool_or(${isShown()}) as shown, max(r.shown_or_not_at) as shown_or_not_at
      from streaming_recordings r
      where r.stream_id = s.id
    ) r on true
    where e.space_id = ${space.id} and e.retired_at is null
    order by "updatedAt" desc, s.id desc
    limit ${most}
  `.execute(db);
  const { retired_at: _, ...shown } = space;
  return { space: shown, entries };
}

/** Where a space's feed is. */
export const feedPath = (spaceSlug: string) => `/${spaceSlug}/feed.atom`;

/** A feed as Atom (RFC 4287). `publicUrl` has no slash at its end. */
export function writeFeed({ space, entries }: Feed, publicUrl: string): string {
  const page = `${publicUrl}/${space.slug}`;
  const updated = new Date(
    entries.reduce((last, { updatedAt }) => Math.max(last, updatedAt.getTime()), space.changedAt.getTime()),
  );
  const description = plainLine(space.description, 300);
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>urn:uuid:${space.id}</id>`,
    `<title>${xml(plainLine(space.name))}</title>`,
    ...(description ? [`<subtitle>${xml(description)}</subtitle>`] : []),
    `<link rel="self" type="application/atom+xml" href="${xml(publicUrl + feedPath(space.slug))}"/>`,
    `<link rel="alternate" type="text/html" href="${xml(page)}"/>`,
    `<author><name>${xml(plainLine(space.name))}</name><uri>${xml(page)}</uri></author>`,
    `<updated>${updated.toISOString()}</updated>`,
    ...entries.map((entry) => writeEntry(entry, publicUrl)),
    "</feed>",
    "",
  ].join("\n");
}

function writeEntry(entry: FeedEntry, publicUrl: string): string {
  const title = plainLine(entry.title);
  return [
    "<entry>",
    `<id>urn:uuid:${entry.id}</id>`,
    `<title>${xml(entry.status === "cancelled" ? `Cancelled: ${title}` : title)}</title>`,
    `<link rel="alternate" type="text/html" href="${xml(publicUrl + entry.path)}"/>`,
    `<published>${entry.publishedAt.toISOString()}</published>`,
    `<updated>${entry.updatedAt.toISOString()}</updated>`,
    `<category term="${xml(plainLine(entry.experienceName))}"/>`,
    `<summary>${xml(summaryOf(entry))}</summary>`,
    "</entry>",
  ].join("\n");
}

function summaryOf({
  status,
  overdue,
  startsAt,
  liveAt,
  timeZone,
  hasReplay,
  description,
}: FeedEntry): string {
  const planned = momentInWords(startsAt, timeZone);
  const ahead = overdue ? `Was planned for ${planned}.` : `Live on ${planned}.`;
  const standing = {
    scheduled: ahead,
    rehearsal: ahead,
    live: "Live now.",
    ended: `${hasReplay ? "The replay is there." : "It is over."} Live on ${momentInWords(liveAt ?? startsAt, timeZone)}.`,
    cancelled: `Cancelled. It was to start on ${planned}.`,
  }[status];
  return [standing, plainLine(description, 500)].filter(Boolean).join(" ");
}
