import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import liveFiles from "virtual:live-files";
import { announcedMeta } from "#app/components/announced.tsx";
import { toParagraphs } from "#app/components/paragraphs.ts";
import { type AccessDecision, grantOf, mayJoinRoom } from "#app/domain/access/decision.ts";
import { listOpeners } from "#app/domain/access/openers.ts";
import { accessWords } from "#app/domain/access/words.ts";
import { showsPicture } from "#app/domain/devices/picture.ts";
import { browserInWords } from "#app/domain/people/browser-words.ts";
import { findAudience } from "#app/domain/presence/presence.ts";
import { findReplay } from "#app/domain/recordings/replay.ts";
import { stateFor } from "#app/domain/streams/state.ts";
import type { WatchedStream } from "#app/domain/streams/watched.ts";
import { announceStream } from "#app/http/announced.ts";
import { findAhead } from "#app/http/ahead.ts";
import { movedOrAbsent } from "#app/http/moved.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { LiveHead } from "#app/live/watch/live-head.tsx";
import { placeOf, refreshSeconds } from "#app/live/watch/place.ts";
import type { DevicesAsked, Refusal, WatchData } from "#app/live/watch/watch-data.ts";
import { WatchPage } from "#app/live/watch/watch-page.tsx";

const now = (page: WatchData) => Date.parse(page.at);

export const handle = {
  head: ({ path, liveFiles }: WatchData) => liveFiles && <LiveHead path={path} files={liveFiles} />,
  lights: (page: WatchData) => /^(live|rehearsal)$/.test(placeOf(page.state, now(page))) && "down",
  structured: ({ announced }: WatchData) => announced.structured,
  refresh: (page: WatchData) => refreshSeconds(page.state, now(page)),
};

export const meta: MetaFunction<typeof loader> = ({ data: page, error }) =>
  announcedMeta(page?.state.title, page?.announced, error);

export async function loader(args: LoaderFunctionArgs): Promise<WatchData> {
  const { params, request, context } = args;
  const { db } = context;
  const { space = "", experience = "", stream = "" } = params;
  const [viewer, watched] = await Promise.all([
    context.viewer(),
    context.questions.watched({ space, experience, stream }),
  ]);
  const userId = viewer?.userId ?? null;
  const access = watched && (await context.questions.access({ streamId: watched.facts.streamId, userId }));
  if (!watched || !access) throw await movedOrAbsent(args, "There is no stream at this address.");

  const { facts } = watched;
  const { streamId } = facts;
  const { mayWatch, role } = access;
  const state = stateFor(facts, { access, userId });
  if (userId && mayWatch && isDocument(request)) context.countPerson(streamId, userId, role === "viewer");
  const over = state.status === "ended";
  const [viewers, replay, refusal, devices, ahead] = await Promise.all([
    mayWatch ? (watched.audience ?? findAudience(db, streamId)) : undefined,
    mayWatch && over && userId ? findReplay(db, { streamId, userId }) : undefined,
    mayWatch ? null : findRefusal(context, watched, access),
    showsPicture({
      status: access.status,
      replay: facts.recording?.status === "ready" && !facts.recording.withheld,
    })
      ? findDevices(args, access)
      : null,
    findAhead(args, { ...watched, slug: stream }, access),
  ]);
  const path = `/${watched.space.slug}/${watched.experience.slug}/streams/${stream}`;
  return {
    streamId,
    path,
    announced: announceStream(context.config, watched, path),
    at: facts.at,
    state,
    description: toParagraphs(watched.description),
    space: { slug: watched.space.slug, name: watched.space.name },
    experience: { slug: watched.experience.slug, name: watched.experience.name },
    zone: readTimeZone(request, viewer?.timeZone),
    streamZone: watched.timeZone,
    lengthMinutes: watched.lengthMinutes,
    series: watched.series,
    email: viewer?.email ?? null,
    userId,
    role,
    pass:
      role === "viewer" && access.passName
        ? {
            name: access.passName,
            until: access.until?.toISOString() ?? null,
            endsAt: access.grantEndsAt?.toISOString() ?? null,
          }
        : null,
    refusal,
    viewers: viewers ?? null,
    replay: replay
      ? { ...replay, startMs: readMoment(request, replay.durationMs) ?? replay.positionMs }
      : null,
    devices,
    ahead,
    recorded: mayWatch && facts.recording !== null && facts.recording.status !== "failed",
    soFar: new URL(request.url).searchParams.has("so-far"),
    joinsPerSecond: context.config.roomJoinsPerSecond,
    signalUrl: mayWatch ? context.livekit.publicUrl : null,
    liveFiles: mayJoinRoom(access) && !devices ? liveFiles : null,
  };
}

export default function StreamRoute() {
  return <WatchPage page={useLoaderData<typeof loader>()} />;
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";

async function findRefusal(
  { db, viewer }: LoaderFunctionArgs["context"],
  { space, experience }: WatchedStream,
  { reason, passName, ban }: AccessDecision,
): Promise<Refusal> {
  const reader = await viewer();
  const email = reader?.email ?? null;
  const words = accessWords(reason, { email, spaceName: space.name, passName, ban });
  const of = { experienceId: experience.id, userId: reader?.userId ?? null };
  const openers = words.passHelps ? await listOpeners(db, of) : [];
  return {
    ...words,
    openers,
    ban: ban && { reason: ban.reason, until: ban.until?.toISOString() ?? null },
  };
}

/** What the page of a stream that shows something asks where other devices have the places; null where this one has one. */
async function findDevices(
  { request, context: { questions, viewer } }: LoaderFunctionArgs,
  access: AccessDecision,
): Promise<DevicesAsked | null> {
  const grantId = grantOf(access);
  const sessionId = grantId && (await viewer())?.sessionId;
  const obstacle = sessionId && (await questions.obstacle({ grantId, sessionId }));
  if (!obstacle) return null;
  const { reason, most, devices } = obstacle;
  return {
    reason,
    most,
    tried: asTried(new URL(request.url).searchParams.get("device")),
    devices: devices.map(({ sessionId: id, userAgent, networkAddress, takenAt, streamTitle }) => ({
      id,
      browser: browserInWords(userAgent),
      networkAddress,
      since: takenAt.toISOString(),
      streamTitle,
    })),
  };
}

/** The moment (ms) that an address leads to with `?t=` seconds; undefined where it names none in the recording. */
function readMoment(request: Request, durationMs: number): number | undefined {
  const text = new URL(request.url).searchParams.get("t") ?? "";
  const ms = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) * 1000 : NaN;
  return ms < durationMs ? ms : undefined;
}

const asTried = (typed: string | null) => (typed === "more" || typed === "full" ? typed : null);

/** A page that scripts load again has a socket, which counts. */
const isDocument = (request: Request) =>
  (request.headers.get("sec-fetch-dest") ?? "document") === "document" &&
  !new URL(request.url).pathname.endsWith(".data");
