import { randomUUID } from "node:crypto";
import { data, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { pageTitle } from "#app/components/page-title.ts";
import { findComing } from "#app/domain/coming/coming.ts";
import { findAudience } from "#app/domain/presence/presence.ts";
import { findStudio } from "#app/domain/streams/studio.ts";
import { isId } from "#app/domain/text.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { requireViewer } from "#app/http/viewer.ts";
import { StudioPage } from "#app/live/studio/studio-page.tsx";
import { useStudio } from "#app/live/studio/use-studio.ts";

type Loaded = ReturnType<typeof useLoaderData<typeof loader>>;

/** Without scripts nothing else tells how the recording is getting on. */
export const handle = {
  lights: "down",
  refresh: ({ state }: Loaded) => state.status === "live" && 15,
};

export const meta: MetaFunction<typeof loader> = ({ data: page, error }) =>
  pageTitle(page?.state.title, error);

export async function loader({ request, params, context }: LoaderFunctionArgs) {
  const viewer = await requireViewer({ request, context });
  const streamId = params.id;
  const studio = isId(streamId)
    ? await findStudio(context.db, { streamId, userId: viewer.userId })
    : undefined;
  if (!studio || !streamId) throw data({ message: "There is no such stream of yours." }, { status: 404 });
  const { state, role, slug, timeZone, lengthMinutes, series, space, experience, endedBy, now } = studio;
  const before = state.status === "scheduled" || state.status === "rehearsal";
  const [viewers, coming, recorder] = await Promise.all([
    findAudience(context.db, streamId),
    before ? findComing(context.db, { streamId, userId: null }) : undefined,
    before && role === "host" ? context.egress.canRecord() : ("unknown" as const),
  ]);
  const watchPath = `/${space.slug}/${experience.slug}/streams/${slug}`;
  return {
    streamId,
    userId: viewer.userId,
    title: state.title,
    role,
    state,
    viewers: viewers ?? { now: 0, peak: 0, total: 0 },
    coming: coming?.count ?? null,
    recorder,
    liveKey: randomUUID(),
    now,
    zone: readTimeZone(request, viewer.timeZone),
    streamZone: timeZone,
    lengthMinutes,
    series,
    watchPath,
    watchUrl: context.config.publicUrl + watchPath,
    endedBy,
  };
}

export default function Studio() {
  const page = useLoaderData<typeof loader>();
  return <StudioPage {...page} {...useStudio(page)} />;
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
