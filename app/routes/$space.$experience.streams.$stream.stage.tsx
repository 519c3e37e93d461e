import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/page-title.ts";
import { grantOf } from "#app/domain/access/decision.ts";
import { findAudience } from "#app/domain/presence/presence.ts";
import { stateFor } from "#app/domain/streams/state.ts";
import { absent } from "#app/http/absent.ts";
import { requireChat } from "#app/http/chat.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { StageFrame, type StageFrameData, stageRefreshSeconds } from "#app/live/watch/lobby/stage-frame.tsx";

export const handle = {
  frame: "What is on the stage",
  // Every way out of it is a way to the page around it.
  head: <base target="_top" />,
  lights: ({ lights }: StageFrameData) => lights && "down",
  refresh: stageRefreshSeconds,
};

export const meta = () => pageTitle("The stage");

/**
 * The stage of somebody who waits without scripts beside an open chat: a frame of the stream's page, which asks by itself,
 * so that what they are writing is not lost; when it is live, the picture is here.
 */
export async function loader(args: LoaderFunctionArgs): Promise<StageFrameData> {
  const { request, params, context } = args;
  const { viewer, access, lights } = await requireChat(args);
  const { db, questions } = context;
  const { userId, sessionId } = viewer;
  const { space = "", experience = "", stream = "" } = params;
  const watched = await questions.watched({ space, experience, stream });
  if (!watched) throw absent("There is no stream at this address.");
  const { facts, timeZone } = watched;
  const state = stateFor(facts, { access, userId });
  const grantId = state.status === "live" ? grantOf(access) : null;
  const [audience, obstacle] = await Promise.all([
    watched.audience ?? findAudience(db, facts.streamId),
    grantId ? questions.obstacle({ grantId, sessionId }) : undefined,
  ]);
  return {
    lights,
    path: `/${watched.space.slug}/${watched.experience.slug}/streams/${stream}`,
    at: facts.at,
    state,
    movedFrom: movedFrom(request, state.startsAt),
    here: audience?.now ?? 0,
    recorded: facts.recording !== null && facts.recording.status !== "failed",
    noPlace: obstacle !== undefined,
    zone: readTimeZone(request, viewer.timeZone),
    streamZone: timeZone,
  };
}

export default function StageRoute() {
  return <StageFrame page={useLoaderData<typeof loader>()} />;
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";

/** The start that the page around it says (`?start=`, ISO), where it is another one now. */
function movedFrom(request: Request, startsAt: string): string | null {
  const said = Date.parse(new URL(request.url).searchParams.get("start") ?? "");
  return Number.isNaN(said) || said === Date.parse(startsAt) ? null : new Date(said).toISOString();
}
