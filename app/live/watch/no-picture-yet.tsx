import { PlayerBar, Stage } from "#app/components/stage.tsx";
import { dropped } from "./live-words.ts";

type NoPictureYetProps = {
  hostAbsent: boolean;
  failed: boolean;
  /** So many come in at once that the turn of this page takes longer than a moment. */
  queued: boolean;
  /** The playlist, for who has no scripts; null while there is none. */
  playlist: string | null;
  /** The watch page's own path. */
  path: string;
  soFar: boolean;
  /** Nothing else plays without scripts than what is. */
  recorded: boolean;
};

/** Until the picture is there; and, without scripts, the browser's own player on the playlist. */
export function NoPictureYet({
  hostAbsent,
  failed,
  queued,
  playlist,
  path,
  soFar,
  recorded,
}: NoPictureYetProps) {
  return (
    <>
      <Stage
        needsScript={playlist !== null}
        controls={
          <PlayerBar>
            <span className="small live-bar">The live picture</span>
          </PlayerBar>
        }
      >
        <div role="status">
          <p className="live-words" data-needs-script="">
            {failed
              ? "The player could not be loaded. We try again by ourselves."
              : hostAbsent
                ? dropped
                : queued
                  ? "So many people are coming in at once that your turn takes a moment. The picture comes by itself."
                  : "Connecting you to the picture…"}
          </p>
        </div>
        {playlist === null && (
          <noscript>
            <p className="live-words">
              {hostAbsent && `${dropped} `}
              {recorded ? (
                <>
                  There is nothing yet that plays without JavaScript. <a href={path}>Load this page again</a>{" "}
                  in some seconds.
                </>
              ) : (
                "Nothing is recorded of this, and without JavaScript only what is recorded can be watched. Switch JavaScript on to see the live picture."
              )}
            </p>
          </noscript>
        )}
      </Stage>
      {playlist !== null && (
        <noscript>
          <ByBrowser playlist={playlist} path={path} soFar={soFar} hostAbsent={hostAbsent} />
        </noscript>
      )}
    </>
  );
}

type ByBrowserProps = { playlist: string; path: string; soFar: boolean; hostAbsent: boolean };

/** The browser says nothing when it cannot play what grows, so there is a way to what does not. */
function ByBrowser({ playlist, path, soFar, hostAbsent }: ByBrowserProps) {
  return (
    <>
      <Stage
        screen={
          <video controls playsInline preload="metadata" aria-label="The live picture, with a delay">
            <source src={soFar ? `${playlist}?so-far` : playlist} type="application/vnd.apple.mpegurl" />
            Your browser cannot show videos.
          </video>
        }
      />
      {!soFar && (
        <p className="small first-picture-words">
          This is the live picture, without its sound until the rest of this page is there. Sound has{" "}
          <a href={`${path}?so-far`}>what is recorded so far</a>.
        </p>
      )}
      {hostAbsent && <p className="small">{dropped}</p>}
      {soFar ? (
        <p className="small">
          This is what is recorded up to when this page was loaded.{" "}
          <a href={`${path}?so-far`}>Load it again</a> for what came since, or try{" "}
          <a href={path}>the picture that goes on by itself</a>. Where nothing plays, the browser does not
          know HLS: the replay plays everywhere once its file is made, some time after the end.
        </p>
      ) : (
        <p className="small">
          Without JavaScript the picture comes some 10 seconds late, and can be seen from the beginning. Where
          it does not begin, as in Chrome, see <a href={`${path}?so-far`}>what is recorded so far</a>.
        </p>
      )}
    </>
  );
}
