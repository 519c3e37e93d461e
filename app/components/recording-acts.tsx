import { Form } from "@remix-run/react";
import { ButtonLink, SubmitButton } from "./button.tsx";
import { formatBytes } from "./bytes.ts";

type RecordingActsProps = {
  /** The recording's page. */
  page: string;
  /** The page of its captions. */
  captions: string;
  hidden: boolean;
  /** The edit that plays, 0: none. */
  edit: number;
  /** What could not be made, but can be tried again. */
  failed: { mp4: boolean; pictures: boolean };
  mp4: Mp4Words | null;
  /** All files that are made of it. */
  files: FileWords[];
  /** What is missing in what plays: how much ("35 seconds") and where ("0:06"). */
  gaps: { at: string; missing: string }[];
};

export type FileWords = {
  kind: string;
  status: Mp4Words["status"];
  /** 0 to 1. */
  progress: number;
  reason: string;
};

export type Mp4Words = {
  /** Where it is downloaded; null while there is none. */
  href: string | null;
  status: "waiting" | "running" | "ready" | "failed";
  /** 0 to 1. */
  progress: number;
  reason: string;
  bytes: number | null;
  isCurrent: boolean;
};

/** What a host can do with a recording. */
export function RecordingActs(props: RecordingActsProps) {
  const { page, captions, hidden, edit, failed, mp4, files, gaps } = props;
  return (
    <>
      <div className="row">
        <ButtonLink to={`${page}/edit`}>Cut it</ButtonLink>
        <ButtonLink to={`${page}/chapters`}>Chapters</ButtonLink>
        <ButtonLink to={`${page}/picture`}>Choose its picture</ButtonLink>
        <ButtonLink to={captions}>Captions</ButtonLink>
        {edit > 0 && (
          <Form method="post" action={`${page}/edit/reversal`}>
            <input type="hidden" name="version" value={edit} />
            <SubmitButton formAction={`${page}/edit/reversal`} pending="Undoing it…">
              Undo the last cut
            </SubmitButton>
          </Form>
        )}
        <Form method="post" action={`${page}/visibility`}>
          <input type="hidden" name="hidden" value={hidden ? "no" : "yes"} />
          <SubmitButton
            kind={hidden ? "go" : "plain"}
            formAction={`${page}/visibility`}
            pending={hidden ? "Showing it…" : "Hiding it…"}
          >
            {hidden ? "Show it to viewers again" : "Hide it from viewers"}
          </SubmitButton>
        </Form>
        <ButtonLink kind="quiet" to={`${page}/deletion`}>
          Delete it
        </ButtonLink>
      </div>
      {mp4 && <Mp4 mp4={mp4} gaps={gaps} />}
      <Pictures files={files} />
      <Failed page={page} failed={failed} reason={mp4?.status === "failed" ? mp4.reason : undefined} />
    </>
  );
}

/** The file, and how far it is; while it is made anew, the one from before the change. */
function Mp4({ mp4, gaps }: { mp4: Mp4Words; gaps: RecordingActsProps["gaps"] }) {
  const { href, status, progress, reason, bytes, isCurrent } = mp4;
  const isMade = !isCurrent && status !== "failed";
  return (
    <div className="stack">
      {/* Only what is new is said aloud: not each percent. */}
      <p role="status" hidden={!isMade}>
        {!isMade
          ? ""
          : href
            ? "The MP4 is being made anew for what you changed. Until then you can download the one from before the change. Viewers do not get that one."
            : "The MP4 for download is being made."}
      </p>
      {isMade && (
        <p>
          <HowFar progress={progress} label="How far the MP4 is" />
        </p>
      )}
      {isMade && reason && <p>{reason}</p>}
      {href && (
        <p>
          <a href={href}>
            {isCurrent ? "Download the MP4" : "Download the MP4 from before the change"}
            {bytes !== null && ` (${formatBytes(bytes)})`}
          </a>
        </p>
      )}
      {href && isCurrent && gaps.length > 0 && (
        <p className="small">
          The file leaves out the gaps, as the replay does:{" "}
          {gaps.map(({ at, missing }) => `${missing} at ${at}`).join(", ")}.
        </p>
      )}
    </div>
  );
}

function HowFar({ progress, label }: { progress: number; label: string }) {
  const percent = Math.round(progress * 100);
  return (
    <>
      <progress className="progress" value={percent} max={100} aria-label={label} />{" "}
      <span className="num">{percent} %</span>
    </>
  );
}

const pictures: Record<string, { words: string; label: string }> = {
  poster: { words: "Its picture is being made.", label: "How far its picture is" },
  sprite: {
    words: "The pictures for seeking in the replay are being made.",
    label: "How far the pictures for seeking are",
  },
};

/** The pictures that are still being made. */
function Pictures({ files }: { files: FileWords[] }) {
  return files.map(({ kind, status, progress, reason }) => {
    const picture = pictures[kind];
    if (!picture || (status !== "waiting" && status !== "running")) return null;
    return (
      <div key={kind} className="stack">
        <p>
          {picture.words} {reason}
        </p>
        <p>
          <HowFar progress={progress} label={picture.label} />
        </p>
      </div>
    );
  });
}

type FailedProps = { page: string; failed: RecordingActsProps["failed"]; reason: string | undefined };

/** What could not be made, and another try at it. */
function Failed({ page, failed, reason }: FailedProps) {
  const what = failed.mp4
    ? failed.pictures
      ? "The MP4 and pictures of it"
      : "The MP4"
    : "Some of the pictures of it";
  if (!failed.mp4 && !failed.pictures) return reason ? <p>There is no MP4: {reason}</p> : null;
  return (
    <Form method="post" action={`${page}/exports`} className="stack">
      <p>{what} could not be made, however often we tried. The replay is not touched by that.</p>
      <div className="row">
        <SubmitButton formAction={`${page}/exports`} pending="Asking for it…">
          Make it again
        </SubmitButton>
      </div>
    </Form>
  );
}
