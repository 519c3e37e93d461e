import express, { type NextFunction, type Request, type Response, Router } from "express";
import type { Services } from "#app/context.ts";
import { findExportObject, findReadyRecording } from "#app/domain/recordings/media-objects.ts";
import { listRecordedParts } from "#app/domain/recordings/parts.ts";
import { findPlayed } from "#app/domain/recordings/played.ts";
import { replayPlaylist } from "#app/domain/recordings/playlist.ts";
import { saveReplayPosition } from "#app/domain/recordings/replay.ts";
import { isServiceError } from "#app/services/service-error.ts";
import { refuseCrowds } from "./crowds.ts";
import { isDatabaseAway } from "./database-away.ts";
import { attachment } from "./file-name.ts";
import { createLiveBytes, largestShared } from "./live-bytes.ts";
import { createLivePlaylists } from "./live-playlists.ts";
import { addAside } from "./media-aside.ts";
import { createMediaDoor } from "./media-door.ts";
import { refuse } from "./media-refusal.ts";
import { isOurOrigin } from "./origin.ts";
import type { CountPerson } from "./page-presence.ts";
import type { Questions } from "./questions.ts";
import { sendObject } from "./send-object.ts";
import { createSignedAddresses } from "./signed-addresses.ts";

/**
 * A recording's playlists, segments, pictures, captions and file, under `/media/{stream}/{recording}/`. While it is being
 * made there is `live.m3u8`, which grows, and leads to the replay's `index.m3u8` when it is finished. Each single request asks
 * the access decision: 401 for nobody, 403 for who may not watch (the answer names why), 404 for what is not there or
 * belongs to another stream. What plays needs a place for the device as the live picture does, and keeps it: 409 when
 * others have all of them, 429 for a session or network that asks without end. Bytes come through us, or with
 * `mediaRedirect` from storage by a URL that is good for a minute; the whole file to watch always through us, since it plays
 * for longer than a pass may last.
 */
export function mediaRouter(
  services: Services,
  { questions, countPerson }: { questions: Questions; countPerson: CountPerson },
): Router {
  const { config, db, log } = services;
  const router = Router({ caseSensitive: true, strict: true });
  const livePlaylists = createLivePlaylists(db);
  const liveBytes = createLiveBytes(services);
  const sending = { ...services, sign: createSignedAddresses(services) };
  const admitted = createMediaDoor(services, questions);
  router.use(refuseCrowds(services, "media.network", (response) => refuse(response, 429)));

  router.get(
    "/:streamId/:recordingId/index.m3u8",
    admitted(async ({ streamId, recordingId, asTeam, hasPlace }, _request, response) => {
      if (!(await findReadyRecording(db, { streamId, recordingId, asTeam }))) return refuse(response, 404);
      if (!(await hasPlace())) return refuse(response, 409, "devices");
      const { playlist } = await findPlayed(db, recordingId);
      response.set("Content-Type", playlistType).send(playlist);
    }, playing),
  );

  // An address of its own, since it keeps a promise that the replay's does not: what is in it stays in its place.
  router.get(
    "/:streamId/:recordingId/live.m3u8",
    admitted(async ({ userId, access, streamId, recordingId, hasPlace }, request, response) => {
      const playlist = await livePlaylists.find({ streamId, recordingId });
      if (!playlist) return refuse(response, 404);
      if (!(await hasPlace())) return refuse(response, 409, "devices");
      // With scripts a page has its socket, which counts.
      if (request.headers["sec-fetch-dest"] !== "empty")
        countPerson(streamId, userId, access.role === "viewer");
      if (playlist === "finished") return response.redirect(302, "index.m3u8");
      response.set({ "Content-Type": playlistType, Vary: "Accept-Encoding" });
      // As if it were over: Chromium's own player stands still on a playlist that grows.
      if (request.query["so-far"] !== undefined)
        return void response.send(Buffer.concat([playlist.text, Buffer.from("#EXT-X-ENDLIST\n")]));
      response.set("ETag", playlist.etag);
      const zipped = request.acceptsEncodings("gzip", "identity") === "gzip";
      if (zipped) response.set("Content-Encoding", "gzip");
      response.send(zipped ? playlist.zipped : playlist.text);
    }, playing),
  );

  // As it was recorded, for who cuts it.
  router.get(
    "/:streamId/:recordingId/recorded.m3u8",
    admitted(async ({ access, streamId, recordingId, asTeam }, _request, response) => {
      if (!access.mayHost) return refuse(response, 403, "not_host");
      if (!(await findReadyRecording(db, { streamId, recordingId, asTeam }))) return refuse(response, 404);
      const playlist = replayPlaylist(await listRecordedParts(db, recordingId));
      response.set("Content-Type", "application/vnd.apple.mpegurl").send(playlist);
    }),
  );

  router.get(
    "/:streamId/:recordingId/:attempt([1-9][0-9]{0,5})/:segment(0|[1-9][0-9]{0,6}).ts",
    admitted(async ({ access, streamId, recordingId, asTeam, hasPlace, allowed }, request, response) => {
      const [attempt, number] = [Number(request.params.attempt), Number(request.params.segment)];
      const of = { streamId, recordingId, asTeam, attempt, number, whole: access.mayHost };
      const object = await questions.segment(of);
      if (!object) return refuse(response, 404);
      if (!(await hasPlace())) return refuse(response, 409, "devices");
      const cacheControl = "private, no-store";
      const isShared = object.isLive && object.bytes <= largestShared;
      const whole = isShared ? () => liveBytes(object) : undefined;
      await sendObject(
        sending,
        { object, contentType: "video/mp2t", cacheControl, whole, ...allowed },
        request,
        response,
      );
    }, playing),
  );

  router.get(
    "/:streamId/:recordingId/video.mp4",
    admitted(async ({ access, streamId, recordingId, asTeam, hasPlace, allowed }, request, response) => {
      const of = { streamId, recordingId, asTeam };
      const isDownload = request.query.download !== undefined;
      if (isDownload && !access.mayHost) return refuse(response, 403, "not_host");
      const recording = await findReadyRecording(db, of);
      const file = { ...of, kind: "mp4", orEarlier: isDownload } as const;
      const object = recording && (await findExportObject(db, file));
      if (!object) return refuse(response, 404);
      if (!(await hasPlace())) return refuse(response, 409, "devices");
      // What was cut out since is not sent to its end either.
      const stillAllowed = async () =>
        (await findExportObject(db, file))?.key === object.key ? allowed.stillAllowed() : undefined;
      const disposition = isDownload ? attachment(recording.title, "mp4") : "inline";
      const cacheControl = "private, no-store";
      await sendObject(
        sending,
        {
          object,
          contentType: "video/mp4",
          cacheControl,
          disposition,
          throughUs: !isDownload,
          ...allowed,
          stillAllowed,
        },
        request,
        response,
      );
    }, playing),
  );

  addAside(router, sending, admitted);

  router.post(
    "/:streamId/:recordingId/position",
    (request, response, next) => {
      if (isOurOrigin(request.headers, config.publicUrl)) next();
      else refuse(response, 403);
    },
    express.json({ type: () => true, limit: 1024 }),
    admitted(async ({ userId, streamId, recordingId }, request, response) => {
      const { positionMs, edit } = (request.body ?? {}) as { positionMs?: unknown; edit?: unknown };
      const isPosition = typeof positionMs === "number" && positionMs >= 0 && positionMs < 1e9;
      const isEdit = typeof edit === "number" && Number.isInteger(edit) && edit >= 0 && edit < 1e6;
      if (!isPosition || !isEdit) return refuse(response, 400);
      const saved = await saveReplayPosition(db, { userId, streamId, recordingId, positionMs, edit });
      if (saved) response.status(204).end();
      else refuse(response, 404);
    }),
  );

  router.use((_request, response) => refuse(response, 404));
  router.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const isAway = isDatabaseAway(error) || isServiceError(error);
    const status = isAway ? 503 : ((error as { status?: number } | null)?.status ?? 500);
    const { requestId } = response.locals as { requestId?: string };
    if (status >= 500) log.error({ err: error, requestId, path: request.path }, "media could not be sent");
    if (response.headersSent) return void response.destroy();
    if (isAway) response.set("Retry-After", "5");
    refuse(response, status);
  });
  return router;
}

const playing = { plays: true };
const playlistType = "application/vnd.apple.mpegurl";
