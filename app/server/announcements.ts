import { type NextFunction, type Request, type Response, Router } from "express";
import type { Services } from "#app/context.ts";
import { findPicturedStream } from "#app/domain/announcing/announced-stream.ts";
import { feedPath, findFeed, writeFeed } from "#app/domain/announcing/feed.ts";
import { writeRobots } from "#app/domain/announcing/robots.ts";
import {
  listSitemapFiles,
  listSitemapped,
  writeSitemap,
  writeSitemapIndex,
} from "#app/domain/announcing/sitemap.ts";
import { findMovedSpace } from "#app/domain/spaces/spaces.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { refuseCrowds } from "./crowds.ts";
import { createDrawnPictures, pictureKey } from "./drawn-pictures.ts";
import { keepAnswers } from "./kept-answers.ts";
import { takeTurns } from "./turns.ts";

/**
 * What search engines, messengers and feed readers ask for beside the pages: `robots.txt`, the sitemap, a space's feed, and
 * a stream's picture. The same for whoever asks, since it has only what is public; so caches may keep it. It is made a
 * little at a time, apart from the pages, so that a crowd of crawlers keeps no page waiting.
 */
export function announcementsRouter(services: Services): Router {
  const { config, db } = services;
  const { publicUrl } = config;
  const router = Router({ caseSensitive: true, strict: true });
  const crowd = refuseCrowds(services, "announced.network", (response) =>
    refuse(response, 429, "That is more than anybody reads. Wait a little, then try again."),
  );
  const lists = takeTurns({ atWork: 4, waiting: 400, ofNetwork: 100 });
  const drawings = takeTurns({ atWork: 8, waiting: 400, ofNetwork: 100 });
  const keepSitemap = keepAnswers<string | undefined>({ keepMs: 60_000, most: 20 });
  const drawn = createDrawnPictures(services);

  router.get("/robots.txt", (_request, response) => {
    response.set("Cache-Control", publicFor(hour)).type("text/plain").send(writeRobots(publicUrl));
  });

  router.get(
    "/sitemap.xml",
    crowd,
    lists,
    answered(async (_request, response) => {
      const index = await keepSitemap("index", async () =>
        writeSitemapIndex(await listSitemapFiles(db), publicUrl),
      );
      response.set("Cache-Control", publicFor(hour)).type("application/xml").send(index);
    }),
  );

  router.get(
    "/sitemap-:number([1-9][0-9]{0,3}).xml",
    crowd,
    lists,
    answered(async ({ params }, response) => {
      const number = Number(params.number);
      const sitemap = await keepSitemap(String(number), async () => {
        const addresses = await listSitemapped(db, number);
        // The first one is there before any space is.
        return addresses.length > 0 || number === 1
          ? writeSitemap(addresses, { number, publicUrl })
          : undefined;
      });
      if (sitemap === undefined) return refuse(response, 404, "The sitemap has no such part.");
      response.set("Cache-Control", publicFor(hour)).type("application/xml").send(sitemap);
    }),
  );

  router.get(
    "/:space/feed.atom",
    crowd,
    lists,
    answered(async ({ params }, response) => {
      const { space = "" } = params;
      const feed = await findFeed(db, space);
      if (feed === "retired") return refuse(response, 410, "This space has closed.");
      if (!feed) {
        const moved = await findMovedSpace(db, space);
        if (moved) return response.redirect(301, feedPath(moved));
        return refuse(response, 404, "There is no space at this address.");
      }
      response
        .set({ "Cache-Control": publicFor(5 * minute), ...forOtherSites })
        .type("application/atom+xml")
        .send(writeFeed(feed, publicUrl));
    }),
  );

  router.get(
    "/:space/:experience/streams/:stream/picture.png",
    crowd,
    drawings,
    answered(async (request, response) => {
      const { space = "", experience = "", stream = "" } = request.params;
      const found = await findPicturedStream(db, { space, experience, stream });
      if (!found) {
        const moved = await findMovedSpace(db, space);
        const rest = request.originalUrl.slice(request.originalUrl.indexOf("/", 1));
        if (moved) return response.redirect(301, `/${moved}${rest}`);
        return refuse(response, 404, "There is no stream at this address.");
      }
      const { words, edition } = found;
      // Another edition's address has this one's picture, but not for long: its own is another one.
      const current = request.query.v === edition;
      const key = pictureKey(words);
      response.set({
        "Cache-Control": publicFor(current ? day : 5 * minute),
        ETag: `"${key}"`,
        ...forOtherSites,
      });
      if (request.fresh) return void response.status(304).end();
      const png = await drawn(key, words);
      response.type("png").send(Buffer.from(png.buffer, png.byteOffset, png.byteLength));
    }),
  );

  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    response.set("Cache-Control", "private, no-store").removeHeader("ETag");
    if (!isServiceError(error) || response.headersSent) return next(error);
    response.set("Retry-After", "10");
    refuse(response, 503, "This cannot be drawn right now. Try again in some seconds.");
  });
  return router;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const publicFor = (seconds: number) => `public, max-age=${seconds}`;

/** Web pages of messengers show it, and readers that are web pages read it. */
const forOtherSites = { "Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*" };

function refuse(response: Response, status: number, sentence: string): void {
  response.set("Cache-Control", "private, no-store").status(status).type("text/plain").end(`${sentence}\n`);
}

/** Express 4 waits for no promise. */
function answered(answer: (request: Request, response: Response) => Promise<void>) {
  return (request: Request, response: Response, next: NextFunction) =>
    void answer(request, response).catch(next);
}
