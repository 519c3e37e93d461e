import { useState } from "react";
import { Button } from "#app/components/button.tsx";
import { ChatHead } from "../chat/chat-panel.tsx";
import type { Playhead } from "../replay/playhead.ts";
import { ReplayChat } from "../replay/replay-chat.tsx";
import { WatchChat } from "./pieces.tsx";
import type { WatchProps } from "./watch-page.tsx";

/**
 * The chat beside a replay: in step with the picture, or all of it as it is now. While people still talk there, that comes
 * first. Without scripts it is the list by the time of the recording, or the talk, which leads to it.
 */
export function ReplaySide(props: WatchProps & { playhead: Playhead }) {
  const { page, watch, playhead } = props;
  const talking = watch.state.chat?.phase === "open";
  const [chosen, setChosen] = useState<"in-step" | "now" | null>(null);
  const way = chosen ?? (talking ? "now" : "in-step");
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
            <ReplayChat path={page.path} playhead={playhead} onChat={watch.onChat} />
          </div>
          <noscript>
            <iframe
              className="chat-frame"
              title="Chat: what was said"
              src={`${page.path}/chat/replay?at=${Math.round(playhead.ms())}`}
            />
          </noscript>
        </section>
      )}
    </div>
  );
}
