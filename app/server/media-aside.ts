import type { Router } from "express";
import type { Services } from "#app/context.ts";
import { findCaptions } from "#app/domain/captions/captions.ts";
import { posterSizes } from "#app/domain/recordings/export-poster.ts";
import {
  findExportObject,
  findSprite,
  posterObjectKey,
  sheetObjectKey,
} from "#app/domain/recordings/media-objects.ts";
import type { MediaDoor } from "./media-door.ts";
import { refuse } from "./media-refusal.ts";
import { sendObject, type SendingServices } from "./send-object.ts";

/** A browser may keep a picture, and asks each time whether it still is the one: what was cut out is not seen again. */
const pictureCaching = "private, no-cache";

/** What goes along with the picture of a recording: its poster, the small pictures of its moments, and its captions. */
export function addAside(router: Router, services: Services & SendingServices, admitted: MediaDoor): void {
  const { db, storage } = services;

  router.get(
    "/:streamId/:recordingId/poster.jpg",
    admitted(async ({ streamId, recordingId, asTeam, allowed }, request, response) => {
      const large = await findExportObject(db, { streamId, recordingId, asTeam, kind: "poster" });
      const size = posterSizes.find((name) => name === (request.query.size ?? "large"));
      if (!large || !size) return refuse(response, 404);
      const key = posterObjectKey(large, size);
      const object = size === "large" ? large : await storage.head(key);
      if (!object) return refuse(response, 404);
      await sendObject(
        services,
        { object, contentType: "image/jpeg", cacheControl: pictureCaching, ...allowed },
        request,
        response,
      );
    }),
  );

  router.get(
    "/:streamId/:recordingId/sprite.json",
    admitted(async (of, _request, response) => {
      const sprite = await findSprite(db, of);
      if (!sprite) return refuse(response, 404);
      response.set("Cache-Control", pictureCaching).json(sprite);
    }),
  );

  router.get(
    "/:streamId/:recordingId/sprite-:sheet(0|[1-9][0-9]{0,3}).jpg",
    admitted(async ({ allowed, ...of }, request, response) => {
      const first = await findExportObject(db, { ...of, kind: "sprite" });
      const sheet = Number(request.params.sheet);
      const object = first && (sheet === 0 ? first : await storage.head(sheetObjectKey(first, sheet)));
      if (!object) return refuse(response, 404);
      await sendObject(
        services,
        { object, contentType: "image/jpeg", cacheControl: pictureCaching, ...allowed },
        request,
        response,
      );
    }),
  );

  router.get(
    "/:streamId/:recordingId/captions/:language([A-Za-z0-9-]{2,35}).vtt",
    admitted(async (of, request, response) => {
      const vtt = await findCaptions(db, { ...of, language: request.params.language ?? "" });
      if (vtt === undefined) return refuse(response, 404);
      response
        .set({ "Content-Type": "text/vtt; charset=utf-8", "X-Content-Type-Options": "nosniff" })
        .send(vtt);
    }),
  );
}
