import { PlayerBar, Stage } from "#app/components/stage.tsx";

type NoPictureYetProps = {
  hostAbsent: boolean;
  failed: boolean;
  /** The playlist, for who has no scripts; null while there is none. */
  playlist: string | null;
};

const dropped = "The host's connection dropped. They are reconnecting, and the stream stays open.";

/** Until the picture is there; and, without scripts, the browser's own player on the playlist. */
export function NoPictureYet({ hostAbsent, failed, playlist }: NoPictureYetProps) {
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
                : "Connecting you to the picture…"}
          </p>
        </div>
        {playlist === null && (
          <noscript>
            <p className="live-words">
              {hostAbsent && `${dropped} `}
              There is nothing yet that plays without JavaScript. Load this page again in some seconds; the
              replay plays without, too.
            </p>
          </noscript>
        )}
      </Stage>
      {playlist !== null && (
        <noscript>
          <ByBrowser playlist={playlist} hostAbsent={hostAbsent} />
        </noscript>
      )}
    </>
  );
}

function ByBrowser({ playlist, hostAbsent }: { playlist: string; hostAbsent: boolean }) {
  return (
    <>
      <Stage
        screen={
          <video controls playsInline preload="metadata" aria-label="The live picture, with a delay">
            <source src={playlist} type="application/vnd.apple.mpegurl" />
            Your browser cannot show videos.
          </video>
        }
      />
      <p className="small">
        {hostAbsent && `${dropped} `}
        Without JavaScript the picture comes some 10 seconds late, and can be seen from the beginning. It
        plays in browsers that know HLS by themselves: Safari, and newer versions of Chrome and Edge. Where
        nothing plays, <a href={playlist}>open its playlist</a> in a player, or watch the replay afterwards,
        which plays everywhere.
      </p>
    </>
  );
}
