import type { NextFunction, Request, RequestHandler, Response } from "express";
import type { Services } from "#app/context.ts";
import { type AccessDecision, grantOf } from "#app/domain/access/decision.ts";
import { isWithheld } from "#app/domain/recordings/media-objects.ts";
import { isId } from "#app/domain/text.ts";
import { readCookie, sessionCookieName } from "#app/http/cookies.ts";
import { countTurn } from "#app/http/turns.ts";
import type { Questions } from "./questions.ts";
import { refuse } from "./media-refusal.ts";
import type { Allowed } from "./send-object.ts";

type Admitted = {
  userId: string;
  access: AccessDecision;
  streamId: string;
  recordingId: string;
  /** Whether the stream's own team asks, who see what is hidden. */
  asTeam: boolean;
  /** Of what plays, once it is known to be there: whether the device has a place for it, which it takes. */
  hasPlace: () => Promise<boolean>;
  allowed: Allowed;
};

type Answer = (admitted: Admitted, request: Request, response: Response) => Promise<void>;

export type MediaDoor = (answer: Answer, options?: { plays?: boolean }) => RequestHandler;

/**
 * Lets those in to a recording who may watch it, each request anew, and tells the others why not. `plays`: what is answered
 * takes the place of a device.
 */
export function createMediaDoor(
  { db, config }: Pick<Services, "db" | "config">,
  questions: Questions,
): MediaDoor {
  return (answer: Answer, { plays = false } = {}) =>
    async (request: Request, response: Response, next: NextFunction): Promise<void> => {
      try {
        response.set("Cache-Control", "private, no-store");
        const { streamId = "", recordingId = "" } = request.params;
        if (!isId(streamId) || !isId(recordingId)) return refuse(response, 404);
        const token = readCookie(request.headers.cookie, sessionCookieName(config));
        const viewer = token && (await questions.viewer(token));
        if (viewer) response.locals.userId = viewer.userId;
        const eager = viewer && (await countTurn("media.session", viewer.sessionId));
        if (eager) {
          response.set("Retry-After", String(eager.waitSeconds));
          return refuse(response, 429);
        }
        const access = await questions.access({ userId: viewer ? viewer.userId : null, streamId });
        if (!access) return refuse(response, 404);
        if (!viewer) return refuse(response, 401, access.reason);
        if (!access.mayWatch) return refuse(response, 403, access.reason);
        const endsAt = access.remainingMs === null ? null : performance.now() + access.remainingMs;
        const hasPlace = async (now: AccessDecision) => {
          const grantId = plays ? grantOf(now) : null;
          return !grantId || questions.place({ grantId, sessionId: viewer.sessionId, streamId });
        };
        const asTeam = access.role === "host" || access.role === "moderator";
        const stillAllowed = async () => {
          if (!(await questions.viewer(token))) return undefined;
          if (await isWithheld(db, { streamId, recordingId, asTeam })) return undefined;
          const now = await questions.access({ userId: viewer.userId, streamId });
          return now?.mayWatch && (await hasPlace(now)) ? now : undefined;
        };
        await answer(
          {
            userId: viewer.userId,
            access,
            streamId,
            recordingId,
            asTeam,
            hasPlace: () => hasPlace(access),
            allowed: { endsAt, stillAllowed },
          },
          request,
          response,
        );
      } catch (error) {
        next(error);
      }
    };
}
