import type { BroadcastEvent, Event, ProfilePage, VideoObject, WebSite, WithContext } from "schema-dts";
import { type AnnouncedStream, streamInBrief } from "./announced-stream.ts";
import { publicMoment } from "./moment.ts";
import { plainLine } from "./text.ts";

export type StructuredStream = WithContext<Event> | WithContext<BroadcastEvent> | WithContext<VideoObject>;

const context = "https://schema.org" as const;

/**
 * What search engines are told of a stream in schema.org's words: an event that is scheduled, moved, cancelled or never began, a
 * broadcast while it is live, a video once there is a replay, or an event that is over. No address of anything that plays,
 * only that of the page, which asks for a pass. `publicUrl` has no slash at its end.
 */
export function structuredStream(stream: AnnouncedStream, publicUrl: string): StructuredStream {
  const url = publicUrl + stream.path;
  const about = {
    "@context": context,
    name: plainLine(stream.title),
    description: plainLine(stream.description, 1000) || streamInBrief(stream),
    url,
  };
  const picture = publicUrl + stream.picture;
  const startDate = iso(stream, stream.liveAt ?? stream.startsAt);
  const organizer = {
    "@type": "Organization",
    name: plainLine(stream.space.name),
    url: `${publicUrl}/${stream.space.slug}`,
  } as const;
  const event = {
    ...about,
    image: [picture],
    startDate,
    endDate: iso(stream, endOf(stream)),
    eventAttendanceMode: "https://schema.org/OnlineEventAttendanceMode",
    location: { "@type": "VirtualLocation", url },
    organizer,
  } as const;
  const { status, formerStart, replayMs } = stream;
  if (status === "live") {
    return { ...event, "@type": "BroadcastEvent", isLiveBroadcast: true, ...scheduled };
  }
  if (status === "cancelled") {
    return { ...event, "@type": "Event", eventStatus: "https://schema.org/EventCancelled" };
  }
  // Nobody knows what became of it.
  if (status === "overdue") return { ...event, "@type": "Event" };
  if (status === "ended" && replayMs !== null) {
    return {
      ...about,
      "@type": "VideoObject",
      thumbnailUrl: [picture],
      uploadDate: iso(stream, stream.endedAt ?? stream.startsAt),
      duration: `PT${Math.max(1, Math.round(replayMs / 1000))}S`,
      publisher: organizer,
      publication: {
        "@type": "BroadcastEvent",
        name: about.name,
        isLiveBroadcast: true,
        startDate,
        endDate: event.endDate,
      },
    };
  }
  if (formerStart === null || status === "ended") return { ...event, "@type": "Event", ...scheduled };
  return {
    ...event,
    "@type": "Event",
    eventStatus: "https://schema.org/EventRescheduled",
    previousStartDate: iso(stream, formerStart),
  };
}

const scheduled = { eventStatus: "https://schema.org/EventScheduled" } as const;

const iso = ({ timeZone }: AnnouncedStream, at: string) => publicMoment(at, timeZone).iso;

/** When it ended, or will by its length. One that is live for longer than that will end later still, nobody knows when. */
function endOf({ startsAt, liveAt, endedAt, lengthMinutes }: AnnouncedStream): string {
  return endedAt ?? new Date(Date.parse(liveAt ?? startsAt) + lengthMinutes * 60_000).toISOString();
}

/** What search engines are told of the front page. */
export const structuredSite = (publicUrl: string): WithContext<WebSite> => ({
  "@context": context,
  "@type": "WebSite",
  name: "Frontrow",
  url: `${publicUrl}/`,
});

/** What search engines are told of a person's own page. */
export const structuredProfile = (
  { username, name, bio }: { username: string; name: string; bio: string },
  publicUrl: string,
): WithContext<ProfilePage> => ({
  "@context": context,
  "@type": "ProfilePage",
  mainEntity: {
    "@type": "Person",
    name: plainLine(name || username),
    alternateName: `@${username}`,
    url: `${publicUrl}/@${username}`,
    ...(bio && { description: plainLine(bio, 1000) }),
  },
});
