import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { useRef } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { RecordingActs } from "#app/components/recording-acts.tsx";
import { RecordingDeleted } from "#app/components/recording-deleted.tsx";
import { RecordingFacts } from "#app/components/recording-facts.tsx";
import { RecordingKeeping } from "#app/components/recording-keeping.tsx";
import { RecordingReceipt } from "#app/components/recording-receipt.tsx";
import {
  blankWords,
  holdsWords,
  leftOutWords,
  playlistWords,
  remarkWords,
} from "#app/domain/recordings/piece-words.ts";
import { partsThatStay } from "#app/domain/recordings/cutting.ts";
import { type Gap, gapsIn } from "#app/domain/recordings/parts.ts";
import { findReceipt, type Receipt } from "#app/domain/recordings/receipt.ts";
import { writeTime } from "#app/domain/recordings/typed-time.ts";
import { unfinishedWords } from "#app/domain/recordings/unfinished-words.ts";
import { streamPath } from "#app/domain/streams/find.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { exportsInWords } from "#app/http/recording-exports.ts";
import { isFinished, requireRecording } from "#app/http/recording-of-team.ts";
import { lengthInWords } from "#app/live/replay/clock.ts";
import { OwnPlayer } from "#app/live/replay/own-player.tsx";
import { useExportProgress } from "#app/live/replay/use-export-progress.ts";

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
    ...exportsInWords(recording, media),
    gaps: gapsInWords(gapsIn(partsThatStay(receipt.parts, recording.edit?.leftOut ?? []))),
    news: Object.keys(news).find((word) => query.has(word)) ?? null,
    status: recording.status,
    unfinished: unfinishedWords(recording, receipt.waiting),
    edit: recording.editNumber,
    edited: recording.edit &&
      recording.edit.leftOut.length > 0 && {
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
    endsAt: recording.endsAt?.toISOString() ?? null,
    kept: recording.kept,
    receipt: recording.removed ? null : inWords(receipt),
    zone: readTimeZone(args.request, viewer.timeZone),
    streamZone: stream.timeZone,
  };
}

const gapsInWords = (gaps: readonly Gap[]) =>
  gaps.map(({ atMs, ms }) => ({ at: writeTime(atMs), missing: lengthInWords(ms) }));

const inWords = ({ parts, picture, sound, durationMs, gaps, blanks, attempts, ...receipt }: Receipt) => ({
  parts: parts.length,
  bytes: receipt.bytes,
  length: writeTime(durationMs),
  holds: holdsWords({ picture, sound }),
  sha256: receipt.sha256,
  waiting: receipt.waiting && { ...receipt.waiting, at: writeTime(receipt.waiting.atMs) },
  gaps: gapsInWords(gaps),
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
  same: "Nothing was changed: cuts go from key frame to key frame, about 2 seconds, and this comes to what plays already.",
  undone: "Undone. It plays as it did before.",
  not_undone: "Nothing was undone: it is not cut like that any more, or was not. This is how it plays now.",
  hidden: "Hidden. Only your team can see it.",
  shown: "Viewers can see it again.",
  kept: "It is kept now, until somebody deletes it.",
  not_kept: "The rule of the space is for it again.",
  restored: "Restored, just as it was.",
  chapters: "The chapters are saved.",
  picture: "The picture is being taken. It is here in some seconds.",
};

export default function Recording() {
  const page = useLoaderData<typeof loader>();
  const { title, streamId, watchPath, mayHost, media, receipt, zone, streamZone } = page;
  const video = useRef<HTMLVideoElement>(null);
  const progress = useExportProgress(page.page, page.working);
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
      {!page.deleted && page.status !== "ready" && <Notice>{page.unfinished}</Notice>}
      {!page.deleted && page.status === "failed" && mayHost && (
        <ButtonLink kind="quiet" to={`${page.page}/deletion`}>
          Delete it
        </ButtonLink>
      )}
      {!page.deleted && mayHost && (page.endsAt || page.kept) && (
        <RecordingKeeping page={page.page} kept={page.kept} />
      )}
      {media && (
        <Two
          label="About it"
          aside={
            <RecordingFacts
              length={page.length}
              edited={page.edited}
              hidden={page.hidden}
              endsAt={page.endsAt}
              kept={page.kept}
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
            file={page.mp4?.plays ?? undefined}
            poster={page.poster ?? undefined}
            label={`Recording of ${title}`}
          />
          {mayHost ? (
            <RecordingActs
              page={page.page}
              captions={`/account/streams/${streamId}/captions`}
              hidden={page.hidden !== null}
              edit={page.edit}
              failed={page.failed}
              gaps={page.gaps}
              mp4={page.mp4 && { ...page.mp4, progress: progress?.get("mp4") ?? page.mp4.progress }}
              files={page.files.map((file) => ({
                ...file,
                progress: progress?.get(file.kind) ?? file.progress,
              }))}
            />
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

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
