import type { AppLoadContext } from "@remix-run/node";
import type { AccessDecision } from "#app/domain/access/decision.ts";
import { findComing, whyNotComing } from "#app/domain/coming/coming.ts";
import { isOverdue } from "#app/domain/streams/overdue.ts";
import type { WatchedStream } from "#app/domain/streams/watched.ts";

type Args = { request: Request; context: AppLoadContext };

/** Calendars take a whole entry in an address, which must not become too long. */
const mostAbout = 400;

/**
 * What the page of a stream that is still to come asks and offers: who comes, and a place in one's calendar. Null for one
 * that is not. `list`: this person may see who they are. `asked`: they wanted to say that they come, and had to sign in.
 */
export async function findAhead(
  { request, context }: Args,
  { facts, description, space, experience, slug }: WatchedStream & { slug: string },
  access: AccessDecision,
) {
  const { streamId, status, startsAt, at } = facts;
  const why = whyNotComing(access);
  const open = status === "scheduled" || status === "rehearsal";
  if (!open || why === "over" || isOverdue(startsAt, at)) return null;
  const viewer = await context.viewer();
  const { count, mine } = await findComing(context.db, { streamId, userId: viewer?.userId ?? null });
  const path = `/${space.slug}/${experience.slug}/streams/${slug}`;
  return {
    count,
    mine,
    may: why === undefined,
    asked: viewer !== null && why === undefined && !mine && new URL(request.url).searchParams.has("coming"),
    list: access.mayHost ? `/account/streams/${streamId}/coming` : null,
    calendar: { url: context.config.publicUrl + path, about: firstOf(description) },
  };
}

function firstOf(text: string): string {
  const characters = [...text.replaceAll(/\s+/g, " ").trim()];
  return characters.length > mostAbout ? `${characters.slice(0, mostAbout).join("")}…` : characters.join("");
}
