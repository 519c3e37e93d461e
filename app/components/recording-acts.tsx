import { Form } from "@remix-run/react";
import { ButtonLink, SubmitButton } from "./button.tsx";
import { formatBytes } from "./bytes.ts";

type RecordingActsProps = {
  /** The recording's page. */
  page: string;
  hidden: boolean;
  /** The edit that plays, 0: none. */
  edit: number;
  mp4: Mp4Words | null;
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
export function RecordingActs({ page, hidden, edit, mp4 }: RecordingActsProps) {
  return (
    <>
      <div className="row">
        <ButtonLink to={`${page}/edit`}>Cut it</ButtonLink>
        <ButtonLink to={`${page}/chapters`}>Chapters</ButtonLink>
        <ButtonLink to={`${page}/picture`}>Choose its picture</ButtonLink>
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
      {mp4 && <Mp4 mp4={mp4} />}
    </>
  );
}

/** The file, and how far it is; while it is made anew, the one from before the change. */
function Mp4({ mp4: { href, status, progress, reason, bytes, isCurrent } }: { mp4: Mp4Words }) {
  const percent = Math.round(progress * 100);
  return (
    <div className="stack">
      {!isCurrent && status !== "failed" && (
        <div role="status">
          <p>
            {href
              ? "The MP4 is being made anew for what you changed. Until then you can download the one from before, which shows what it showed. Viewers do not get that one."
              : "The MP4 for download is being made."}{" "}
            <span className="num">{percent} %</span>
          </p>
          <progress className="progress" value={percent} max={100} aria-label="How far the MP4 is" />
        </div>
      )}
      {status === "failed" && <p>The MP4 could not be made: {reason || "it failed."}</p>}
      {href && (
        <p>
          <a href={href}>
            {isCurrent ? "Download the MP4" : "Download the MP4 from before the change"}
            {bytes !== null && ` (${formatBytes(bytes)})`}
          </a>
        </p>
      )}
    </div>
  );
}
