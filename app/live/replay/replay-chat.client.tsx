import { memo, type MouseEvent, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Button } from "#app/components/button.tsx";
import { Tag } from "#app/components/tag.tsx";
import { SaidText } from "../chat/said-text.tsx";
import { useEnd } from "../chat/use-end.ts";
import type { ChatListener } from "../page-socket.ts";
import { type ChatInStep, createChatInStep, type ReplayedMessage } from "./chat-in-step.ts";
import { clock, momentPath } from "./clock.ts";
import type { Playhead } from "./playhead.ts";

export type ReplayChatProps = {
  /** The stream's own path. */
  path: string;
  playhead: Playhead;
  onChat: (listener: ChatListener) => () => void;
};

/** What was said while a replay was live, as far as the picture is. Each message leads to its moment. Needs scripts. */
export function ReplayChat(props: ReplayChatProps) {
  const inStep = useInStep(props);
  return inStep ? <List {...props} inStep={inStep} /> : <p className="chat-empty">Loading the chat…</p>;
}

function useInStep({ path, playhead, onChat }: ReplayChatProps): ChatInStep | null {
  const [inStep, setInStep] = useState<ChatInStep | null>(null);
  useEffect(() => {
    const made = createChatInStep(`${path}/chat`, playhead);
    const unhear = onChat((news) => made.hear(news));
    setInStep(made);
    return () => {
      unhear();
      made.close();
    };
  }, [path, playhead, onChat]);
  return inStep;
}

function List({ path, playhead, inStep }: ReplayChatProps & { inStep: ChatInStep }) {
  const { shown, earlier, loading, failed } = useSyncExternalStore(inStep.subscribe, inStep.view);
  const box = useRef<HTMLDivElement>(null);
  const newest = shown.at(-1)?.number ?? 0;
  const { atEnd, toEnd } = useEnd(box, newest, shown.length);
  useEffect(() => {
    if (atEnd) inStep.trim();
  }, [atEnd, newest, inStep]);
  return (
    <div className="chat-messages">
      <div
        ref={box}
        className="chat-scroll"
        role="log"
        aria-label="What was said"
        // Read out, it would talk over the recording.
        aria-live="off"
        aria-busy={loading}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- keys scroll it
        tabIndex={0}
      >
        {earlier && (
          <Button
            type="button"
            kind="quiet"
            pending={loading && "Reading…"}
            onClick={() => void inStep.readEarlier()}
          >
            Earlier messages
          </Button>
        )}
        {shown.length === 0 && !loading && !failed && (
          <p className="chat-nothing small">Nobody has said anything until here.</p>
        )}
        <ol>
          {shown.map((message) => (
            <Message key={message.id} message={message} path={path} playhead={playhead} />
          ))}
        </ol>
      </div>
      {failed && (
        <p className="chat-said small" role="status">
          The chat cannot be read right now. We try again.
        </p>
      )}
      {!atEnd && (
        <span className="chat-new">
          <Button type="button" onClick={toEnd}>
            Follow the picture
          </Button>
        </span>
      )}
    </div>
  );
}

type MessageProps = Pick<ReplayChatProps, "path" | "playhead"> & { message: ReplayedMessage };

const Message = memo(function Message({ message, path, playhead }: MessageProps) {
  const { name, role, text, replyTo, atMs } = message;
  const jump = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    playhead.jump(atMs);
  };
  return (
    <li className="chat-message">
      {replyTo && (
        <p className="chat-quote small" dir="auto">
          <span className="visually-hidden">In reply to </span>
          <Bidi>{replyTo.name}</Bidi>: <Bidi>{replyTo.text || "a message that was deleted"}</Bidi>
        </p>
      )}
      <p className="chat-timed" dir="auto">
        <a className="chat-time num small" href={momentPath(path, atMs)} onClick={jump}>
          <span className="visually-hidden">Go to </span>
          {clock(atMs)}
        </a>{" "}
        <b>
          <Bidi>{name}</Bidi>
        </b>{" "}
        {role !== "viewer" && <Tag>{role === "host" ? "Host" : "Moderator"}</Tag>} <SaidText text={text} />
      </p>
    </li>
  );
});
