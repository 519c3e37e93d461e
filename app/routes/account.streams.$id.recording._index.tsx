import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { useEffect, useRef } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { RecordingActs } from "#app/components/recording-acts.tsx";
import { RecordingDeleted } from "#app/components/recording-deleted.tsx";
import { RecordingFacts } from "#app/components/recording-facts.tsx";
import { RecordingReceipt } from "#app/components/recording-receipt.tsx";
import type { OwnRecording } from "#app/domain/recordings/own.ts";
import {
  blankWords,
  holdsWords,
  leftOutWords,
  playlistWords,
  remarkWords,
} from "#app/domain/recordings/piece-words.ts";
import { findReceipt, type Receipt } from "#app/domain/recordings/receipt.ts";
import { writeTime } from "#app/domain/recordings/typed-time.ts";
import { streamPath } from "#app/domain/streams/find.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { isFinished, requireRecording } from "#app/http/recording-of-team.ts";
import { lengthInWords } from "#app/live/replay/clock.ts";
import { OwnPlayer } from "#app/live/replay/own-player.tsx";
import { useReadAgain } from "#app/live/read-again.ts";

type Loaded = ReturnType<typeof useLoaderData<typeof loader>>;

/** While something is being made, the page shows how far it is. */
export const handle = { refresh: ({ working }: Loaded) => working && 5 };

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Recording", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream, recording, page } = await requireRecording(args, { least: "moderator" });
  const receipt = await findReceipt(args.context.db, { recordingId: recording.id });
  const media = `/media/${stream.id}/${recording.id}`;
  const query = new URL(args.request.url).searchParams;
  const finished = isFinished(recording);
  return {
    page,
    title: stream.title,
    streamId: stream.id,
    watchPath: streamPath(stream),
    mayHost: stream.mayHost,
    media: finished ? media : null,
    poster: posterOf(recording, media),
    working: finished && recording.exports.some(({ status }) => status === "waiting" || status === "running"),
    news: Object.keys(news).find((word) => query.has(word)) ?? null,
    status: recording.status,
    reason: recording.reason,
    edit: recording.editNumber,
    edited: recording.edit && {
      at: recording.edit.madeAt.toISOString(),
      by: recording.edit.madeBy,
      length: writeTime(recording.edit.durationMs),
    },
    length: writeTime(recording.durationMs),
    hidden: recording.hiddenAt && { at: recording.hiddenAt.toISOString(), by: recording.hiddenBy },
    deleted: recording.deletedAt && {
      at: recording.deletedAt.toISOString(),
      by: recording.deletedBy,
      until: recording.removed ? null : (recording.restorableUntil?.toISOString() ?? null),
    },
    mp4: mp4Of(recording, media),
    receipt: recording.removed ? null : inWords(receipt),
    zone: readTimeZone(args.request, viewer.timeZone),
    streamZone: stream.timeZone,
  };
}

/** Browsers keep it for minutes: another one has another address. */
function posterOf({ exports }: OwnRecording, media: string) {
  const found = exports.find(({ kind, status }) => kind === "poster" && status === "ready");
  return found ? `${media}/poster.jpg?of=${found.sha256?.slice(0, 8)}` : null;
}

function mp4Of({ exports }: OwnRecording, media: string) {
  const found = exports.find(({ kind }) => kind === "mp4");
  if (!found) return null;
  const { status, progress, reason, bytes, isThere, isCurrent } = found;
  return {
    href: isThere ? `${media}/video.mp4?download=1` : null,
    status,
    progress,
    reason,
    bytes: isThere ? bytes : null,
    isCurrent,
  };
}

const inWords = ({ parts, picture, sound, bytes, durationMs, sha256, gaps, blanks, attempts }: Receipt) => ({
  parts: parts.length,
  bytes,
  length: writeTime(durationMs),
  holds: holdsWords({ picture, sound }),
  sha256,
  gaps: gaps.map(({ atMs, ms }) => ({ at: writeTime(atMs), missing: lengthInWords(ms) })),
  blanks: blanks.map(({ kind, published, atMs, ms }) =>
    blankWords({ kind, published, at: writeTime(atMs), long: lengthInWords(ms) }),
  ),
  attempts: attempts.map(({ number, status, reason, requestedAt, activeAt, endedAt, ...counts }) => ({
    number,
    status,
    reason,
    since: (activeAt ?? requestedAt)?.toISOString() ?? null,
    until: endedAt?.toISOString() ?? null,
    parts: counts.parts,
    bytes: counts.bytes,
    said: [
      leftOutWords(counts.broken.map(({ number, problem }) => ({ number, word: problem }))),
      remarkWords(counts.odd.flatMap(({ number, remarks }) => remarks.map((word) => ({ number, word })))),
      playlistWords(counts.playlistRemarks),
    ].filter((words): words is string => words !== null),
  })),
});

/** What a form that led here did. */
const news: Record<string, string> = {
  edited:
    "Cut. Viewers see the replay like this from now on; each cut was made at the key frame nearest to it.",
  same: "Nothing was changed: it is cut like this already.",
  undone: "Undone. It plays as it did before.",
  not_undone: "Nothing was undone: somebody was faster. This is how it plays now.",
  hidden: "Hidden. Only your team can see it.",
  shown: "Viewers can see it again.",
  restored: "Restored, just as it was.",
  chapters: "The chapters are saved.",
  picture: "The picture is being taken. It is here in some seconds.",
};

export default function Recording() {
  const page = useLoaderData<typeof loader>();
  const { title, streamId, watchPath, mayHost, media, receipt, zone, streamZone } = page;
  const video = useRef<HTMLVideoElement>(null);
  useProgress(page.working);
  return (
    <Page>
      <PageHeader
        title="Recording"
        above={<Breadcrumbs items={[{ to: `/account/streams/${streamId}`, label: title }]} />}
        lead={<Bidi>{title}</Bidi>}
      />
      {page.news && <Notice role="status">{news[page.news]}</Notice>}
      {page.deleted && (
        <RecordingDeleted
          page={page.page}
          deleted={page.deleted}
          mayRestore={mayHost}
          zone={zone}
          streamZone={streamZone}
        />
      )}
      {!page.deleted && page.status !== "ready" && <Notice>{unfinished(page)}</Notice>}
      {media && (
        <Two
          label="About it"
          aside={
            <RecordingFacts
              length={page.length}
              edited={page.edited}
              hidden={page.hidden}
              watchPath={watchPath}
              zone={zone}
              streamZone={streamZone}
            />
          }
        >
          <OwnPlayer
            key={page.edit}
            video={video}
            playlist={`${media}/index.m3u8`}
            poster={page.poster ?? undefined}
            label={`Recording of ${title}`}
          />
          {mayHost ? (
            <RecordingActs page={page.page} hidden={page.hidden !== null} edit={page.edit} mp4={page.mp4} />
          ) : (
            <p>Hosts and owners can cut it, hide it and delete it.</p>
          )}
        </Two>
      )}
      {receipt && (
        <RecordingReceipt
          receipt={receipt}
          file={`${page.page}/receipt.json`}
          zone={zone}
          streamZone={streamZone}
        />
      )}
    </Page>
  );
}

/** Nothing else tells the page how far it is. */
function useProgress(working: boolean) {
  const readAgain = useReadAgain();
  useEffect(() => {
    if (!working) return;
    const timer = setInterval(() => readAgain(0), 2_000);
    return () => clearInterval(timer);
  }, [working, readAgain]);
}

function unfinished({ status, reason }: { status: string; reason: string }): string {
  if (status === "failed") return `There is no recording that plays: ${reason || "it failed."}`;
  return "It is still being recorded or finished. What you can do with it stands here when it is ready.";
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
