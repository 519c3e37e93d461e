import { createHash } from "node:crypto";
import { type Request, type RequestHandler, type Response, Router } from "express";
import type { Services } from "#app/context.ts";
import { findPublished, type PublishedStream, toEntry } from "#app/domain/calendar/entries.ts";
import { listFeedStreams } from "#app/domain/calendar/feed-streams.ts";
import { findFeedOwner } from "#app/domain/calendar/feeds.ts";
import { findMovedSpace } from "#app/domain/spaces/spaces.ts";
import { countTurn } from "#app/http/turns.ts";
import { waitInWords } from "#app/http/wait.ts";
import { calendarFile } from "#app/services/calendar-files.ts";
import { refuseCrowds } from "./crowds.ts";
import { attachment } from "./file-name.ts";

/** How often a calendar may look by itself whether something has changed. */
const everySeconds = 60 * 60;

/**
 * Calendars, for programs that send no cookie: `/feeds/{code}.ics`, a person's own, whose address is its key, and
 * `calendar.ics` beside the page of a stream, which everybody may have. Must be mounted before answers are told to be kept
 * by nobody. What cannot be given is told as text: 404, 429.
 */
export function calendarsRouter(services: Services): Router {
  const { config, db } = services;
  const router = Router({ caseSensitive: true, strict: true });
  const publisher = { publicUrl: config.publicUrl, mailFrom: config.mail.from };
  const entriesOf = (streams: PublishedStream[]) => streams.map((stream) => toEntry(stream, publisher));
  const crowds = refuseCrowds(services, "calendar.network", (response) =>
    refuse(
      response,
      429,
      "Very many calendars are asked for from your network. Wait a little, then try again.",
    ),
  );

  router.get(
    "/feeds/:code([\\w-]{43}).ics",
    crowds,
    caught(async (request, response) => {
      const { code = "" } = request.params;
      response.set("X-Robots-Tag", "noindex");
      // Counted before anything is asked, so that a program gone wild costs the database nothing.
      const eager = await countTurn("feed.code", code);
      if (eager) {
        response.set("Retry-After", String(eager.waitSeconds));
        const words = `This calendar is asked for too often. Try again ${waitInWords(eager.waitSeconds)}.`;
        return refuse(response, 429, words);
      }
      const userId = await findFeedOwner(db, code);
      if (!userId) return refuse(response, 404, noFeed(config.publicUrl));
      const entries = entriesOf(await listFeedStreams(db, { userId }));
      const file = calendarFile({ entries, feed: { name: "Frontrow", everySeconds } });
      send(request, response, file, {
        caching: "private, max-age=300",
        disposition: 'inline; filename="frontrow.ics"',
      });
    }),
  );

  router.get(
    "/:space/:experience/streams/:stream/calendar.ics",
    crowds,
    caught(async (request, response) => {
      const { space = "", experience = "", stream = "" } = request.params;
      // No slug has such a character, and the database refuses to look for it.
      const possible = ![space, experience, stream].some((slug) => slug.includes("\0"));
      const found = possible && (await findPublished(db, { space, experience, stream }));
      if (found) {
        const file = calendarFile({ entries: entriesOf([found]) });
        return send(request, response, file, {
          // The same for everybody, and asked about each time: it may have been moved a moment ago.
          caching: "public, no-cache",
          disposition: attachment(found.title, "ics", "stream"),
        });
      }
      const moved = possible && (await findMovedSpace(db, space));
      if (!moved) return refuse(response, 404, "There is no stream at this address.");
      const rest = request.path.slice(1).replace(/^[^/]*/, "");
      response.redirect(301, `/${moved}${rest}`);
    }),
  );

  return router;
}

const noFeed = (publicUrl: string) =>
  `There is no calendar at this address: it was revoked, or replaced by another one. Whose calendar it was finds the address of today at ${publicUrl}/account/calendar.`;

type How = { caching: string; disposition: string };

/** HEAD is express's; so would be 304, if it gave that to programs that ask past their own caches. */
function send(request: Request, response: Response, file: string, { caching, disposition }: How): void {
  const hash = createHash("sha256").update(file).digest("base64url").slice(0, 22);
  // Weak: it may be sent packed.
  const etag = `W/"${hash}"`;
  response.set({ "Cache-Control": caching, ETag: etag });
  if (has(request, etag)) return void response.status(304).end();
  response
    .set({ "Content-Type": "text/calendar; charset=utf-8", "Content-Disposition": disposition })
    .send(file);
}

/** Whether who asks says that they have it, by a weak comparison (RFC 9110, 13.1.2). */
function has(request: Request, etag: string): boolean {
  const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim()) ?? [];
  return known.some((tag) => tag === "*" || tag === etag || tag === etag.slice(2));
}

function refuse(response: Response, status: number, words: string): void {
  response.set("Cache-Control", "no-store").status(status).type("text/plain").send(`${words}\n`);
}

/** Express waits for no promise. */
const caught =
  (handler: (request: Request, response: Response) => Promise<void>): RequestHandler =>
  (request, response, next) =>
    void handler(request, response).catch(next);
