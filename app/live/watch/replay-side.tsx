import { useEffect, useState } from "react";
import { Button } from "#app/components/button.tsx";
import { ChatHead, WriteFrame } from "../chat/chat-panel.tsx";
import type { Playhead } from "../replay/playhead.ts";
import type { ReplayChatProps } from "../replay/replay-chat.client.tsx";
import { useModule } from "../use-module.ts";
import { WatchChat } from "./pieces.tsx";
import type { WatchProps } from "./watch-page.tsx";

type ReplaySideProps = WatchProps & {
  playhead: Playhead;
  /** This person was on the page before there was a replay, and may be talking. */
  stays: boolean;
};

/** So far from where it began a replay is being watched. */
const watchedMs = 1_000;

/**
 * The chat beside a replay: in step with the picture, or all of it as it is now, which tells how it ends. That comes first
 * only for who was here until the end, while people still talk, and until they watch the replay. Without scripts it is the
 * list by the time of the recording, with the field while people talk.
 */
export function ReplaySide(props: ReplaySideProps) {
  const { page, watch, playhead, stays } = props;
  const talking = watch.state.chat?.phase === "open";
  const [chosen, setChosen] = useState<"in-step" | "now" | null>(null);
  const watched = useWatched(playhead);
  const way = chosen ?? (talking && stays && !watched ? "now" : "in-step");
  return (
    <div className="chat-ways">
      <div className="chat-ways-bar" role="group" aria-label="Which chat" data-needs-script="">
        <Button
          type="button"
          kind="quiet"
          aria-pressed={way === "in-step"}
          onClick={() => setChosen("in-step")}
        >
          With the picture
        </Button>
        <Button type="button" kind="quiet" aria-pressed={way === "now"} onClick={() => setChosen("now")}>
          All of it
        </Button>
      </div>
      {way === "now" ? (
        <WatchChat {...props} ready />
      ) : (
        <section className="chat" aria-label="Chat">
          <div className="chat-live" data-needs-script="">
            <ChatHead />
            <InStep path={page.path} playhead={playhead} onChat={watch.onChat} />
          </div>
          <noscript>
            <iframe
              className="chat-frame"
              title="Chat: what was said"
              src={`${page.path}/chat/replay?at=${Math.round(playhead.ms())}`}
            />
            {talking && <WriteFrame path={page.path} />}
          </noscript>
        </section>
      )}
    </div>
  );
}

const loadChat = () => import("../replay/replay-chat.client.tsx");

function InStep(props: ReplayChatProps) {
  const chat = useModule(loadChat);
  return chat ? <chat.ReplayChat {...props} /> : <p className="chat-empty">Loading the chat…</p>;
}

/** Whether the replay has gone on, or elsewhere, from where it began. */
function useWatched(playhead: Playhead): boolean {
  const [begin] = useState(() => playhead.ms());
  const [watched, setWatched] = useState(false);
  useEffect(
    () => playhead.subscribe(() => void (Math.abs(playhead.ms() - begin) > watchedMs && setWatched(true))),
    [playhead, begin],
  );
  return watched;
}
