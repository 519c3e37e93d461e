import { memo, type RefObject, useEffect, useRef, useState } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Button } from "#app/components/button.tsx";
import { Tag } from "#app/components/tag.tsx";
import type { ChatMessage } from "../page-messages.ts";
import type { ChatView } from "./chat-log.ts";
import type { Me } from "./chat-room.client.tsx";
import { MessageMenu } from "./message-menu.client.tsx";
import type { Moderation } from "./moderation.client.tsx";
import type { Unsent } from "./outbox.ts";
import { reactionWords } from "./reaction-words.ts";
import { SaidText } from "./said-text.tsx";
import { useEnd } from "./use-end.ts";

type ChatListProps = {
  boxRef: RefObject<HTMLDivElement>;
  view: ChatView;
  unsent: readonly Unsent[];
  me: Me;
  writable: boolean;
  onOlder: () => void;
  /** Only the newest are looked at. */
  onAtEnd: () => void;
  onReply: (message: ChatMessage) => void;
  onReact: (message: ChatMessage, kind: string) => void;
  onRetry: (message: Unsent) => void;
  onDiscard: (message: Unsent) => void;
  moderation: Moderation;
};

/** What was said, the newest at the bottom. Who has scrolled up stays there, and is told that there is more. */
export function ChatList(props: ChatListProps) {
  const { boxRef: box, view, unsent, me, writable, onOlder, onAtEnd, onRetry, onDiscard } = props;
  const { messages, pinned, loading, more } = view;
  const newest = messages.at(-1)?.number ?? 0;
  const { atEnd, toEnd, unseen } = useEnd(box, newest, unsent.length);
  const doing = useDoing(props);
  const trim = useRef(onAtEnd);
  trim.current = onAtEnd;
  useEffect(() => {
    if (atEnd) trim.current();
  }, [atEnd, newest]);
  return (
    <div className="chat-messages">
      {pinned[0] && (
        <aside className="chat-pinned small" aria-label="Pinned">
          <span>
            Pinned · <Bidi>{pinned[0].name}</Bidi>
          </span>
          <p dir="auto">
            <SaidText text={pinned[0].text} />
          </p>
        </aside>
      )}
      <div
        ref={box}
        className="chat-scroll"
        role="log"
        aria-label="What was said"
        aria-live="polite"
        aria-busy={loading !== null}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- keys scroll it
        tabIndex={0}
      >
        {more && (
          <Button type="button" kind="quiet" pending={loading === "older" && "Reading…"} onClick={onOlder}>
            Older messages
          </Button>
        )}
        {loading === null && messages.length === 0 && unsent.length === 0 && (
          <p className="chat-nothing small">Nobody has said anything yet. Say hello.</p>
        )}
        <ol>
          {messages.map((message) => (
            <Message key={message.id} {...{ message, me, writable }} {...doing} />
          ))}
          {unsent.map((message) => (
            <li key={message.id} className="chat-message" data-own="" data-unsent={message.state}>
              <p dir="auto">
                <b>You</b> <SaidText text={message.text} />
              </p>
              {message.state === "failed" ? (
                <p className="row small" role="alert">
                  <span>Not sent.</span>
                  <Button type="button" kind="quiet" onClick={() => onRetry(message)}>
                    Try again
                  </Button>
                  <Button type="button" kind="quiet" onClick={() => onDiscard(message)}>
                    Discard
                  </Button>
                </p>
              ) : (
                <p className="small">Sending…</p>
              )}
            </li>
          ))}
        </ol>
      </div>
      {!atEnd && (
        <span className="chat-new">
          <Button type="button" onClick={toEnd}>
            {unseen > 0 ? `${unseen} new ${unseen === 1 ? "message" : "messages"}` : "To the newest"}
          </Button>
        </span>
      )}
    </div>
  );
}

type Doing = Pick<ChatListProps, "onReply" | "onReact"> & {
  moderation: Pick<Moderation, "remove" | "pin" | "ask">;
};

/** What can be done with a message, the same functions at each turn, so that a message that did not change is not made again. */
function useDoing(props: ChatListProps): Doing {
  const latest = useRef(props);
  latest.current = props;
  const [doing] = useState<Doing>(() => ({
    onReply: (message) => latest.current.onReply(message),
    onReact: (message, kind) => latest.current.onReact(message, kind),
    moderation: {
      remove: (message) => latest.current.moderation.remove(message),
      pin: (message, pinned) => latest.current.moderation.pin(message, pinned),
      ask: (question, message) => latest.current.moderation.ask(question, message),
    },
  }));
  return doing;
}

type MessageProps = Doing & { message: ChatMessage; me: Me; writable: boolean };

const Message = memo(function Message({ message, me, writable, onReply, onReact, moderation }: MessageProps) {
  const own = message.userId === me.userId;
  const given = Object.entries(message.reactions).filter(([, count]) => count > 0);
  return (
    <li className="chat-message" data-own={own || undefined}>
      {message.replyTo && (
        <p className="chat-quote small" dir="auto">
          <span className="visually-hidden">In reply to </span>
          <Bidi>{message.replyTo.name}</Bidi>:{" "}
          <Bidi>{message.replyTo.text || "a message that was deleted"}</Bidi>
        </p>
      )}
      <div className="chat-line">
        <p dir="auto">
          <b>
            <Bidi>{message.name}</Bidi>
          </b>{" "}
          {message.role !== "viewer" && <Tag>{message.role === "host" ? "Host" : "Moderator"}</Tag>}{" "}
          <SaidText text={message.text} />
        </p>
        <MessageMenu
          message={message}
          me={me}
          writable={writable}
          onReply={onReply}
          onReact={onReact}
          moderation={moderation}
        />
      </div>
      {given.length > 0 && (
        <p className="chat-reactions">
          {given.map(([kind, count]) => {
            const words = reactionWords[kind as keyof typeof reactionWords];
            if (!words) return null;
            return (
              <button
                key={kind}
                type="button"
                className="chat-reaction"
                aria-pressed={message.mine.includes(kind)}
                aria-label={`${words.name}, ${count}`}
                disabled={!writable}
                onClick={() => onReact(message, kind)}
              >
                <span aria-hidden="true">{words.emoji}</span> <span className="num">{count}</span>
              </button>
            );
          })}
        </p>
      )}
    </li>
  );
});
