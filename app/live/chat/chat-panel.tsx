import { Component, type ComponentType, type ReactNode, useEffect, useState } from "react";
import { Button } from "#app/components/button.tsx";
import { Countdown } from "#app/components/ticking.tsx";
import type { PageChat } from "../page-messages.ts";
import type { ChatListener } from "../page-socket.ts";
import type { ChatRoomProps } from "./chat-room.client.tsx";

export type ChatPanelProps = {
  streamId: string;
  /** The stream's own path. */
  path: string;
  userId: string | null;
  role: "host" | "moderator" | "viewer" | null;
  chat: PageChat | null;
  /** Reported messages that wait for a look; null for who is not asked. */
  reports: number | null;
  /** What the page around it shows of the stream (`stageOf`); none where that does not change it. */
  stage?: string;
  /** The server's clock when the state was told (ISO). */
  at: string;
  onChat: (listener: ChatListener) => () => void;
  /** The page's own socket is open: what it tells is heard. */
  heard: boolean;
  /** The picture is there, or there is none to wait for: its code has gone before ours. */
  ready: boolean;
};

/**
 * The chat's place on a page. Its code comes after the picture; if that does not arrive, or breaks, the page goes on
 * and the place says so. Without scripts it holds two frames: the list, which asks by itself for what is new, and the
 * field, which it must not reload while somebody types.
 */
export function ChatPanel(props: ChatPanelProps) {
  const { path, userId, role, chat, at, stage } = props;
  const phase = usePhase(chat, at);
  if (!userId || !role || !chat || phase === "closed" || phase === null) return null;
  return (
    <section className="chat" aria-label="Chat">
      {phase === "before" ? (
        <Closed chat={chat} at={at} />
      ) : (
        <>
          <div className="chat-live" data-needs-script="">
            <Guard>
              <Loaded {...props} userId={userId} role={role} chat={{ ...chat, phase }} />
            </Guard>
          </div>
          <noscript>
            <iframe
              className="chat-frame"
              title="Chat: what was said"
              src={`${path}/chat${stage ? `?shown=${stage}` : ""}`}
            />
            {phase === "open" && <WriteFrame path={path} />}
          </noscript>
        </>
      )}
    </section>
  );
}

/** The field, without scripts. `path` is the stream's own. */
export function WriteFrame({ path }: { path: string }) {
  return (
    <iframe className="chat-frame" data-field="" title="Chat: say something" src={`${path}/chat/write`} />
  );
}

function Closed({ chat, at }: { chat: PageChat; at: string }) {
  return (
    <>
      <ChatHead />
      <div className="chat-empty">
        {chat.opensAt ? (
          <p>
            The chat opens in <Countdown to={chat.opensAt} now={at} />.
          </p>
        ) : (
          <p>The chat opens when the stream is live.</p>
        )}
      </div>
    </>
  );
}

export function ChatHead({ children }: { children?: ReactNode }) {
  return (
    <header className="chat-head">
      <h2>Chat</h2>
      {children}
    </header>
  );
}

/** The phase as it is now: some of them end by the clock alone, and nobody tells us. */
function usePhase(chat: PageChat | null, at: string): PageChat["phase"] | null {
  const [passed, setPassed] = useState<string | null>(null);
  const turn = chat?.opensAt ?? chat?.closesAt ?? null;
  useEffect(() => {
    if (!turn) return;
    const ms = Date.parse(turn) - Date.parse(at);
    if (ms > 2 ** 31 - 1) return;
    const timer = setTimeout(() => setPassed(turn), Math.max(0, ms) + 20);
    return () => clearTimeout(timer);
  }, [turn, at]);
  if (!chat || passed !== turn || turn === null) return chat?.phase ?? null;
  return chat.opensAt ? "open" : "read-only";
}

type Room = ComponentType<ChatRoomProps>;

/** Fetches the chat's code when the picture is there, and again until it is here. */
function Loaded({ ready, ...props }: ChatPanelProps & ChatRoomProps) {
  const [room, setRoom] = useState<{ Room: Room } | null>(null);
  const [failures, setFailures] = useState(0);
  useEffect(() => {
    if (!ready || room) return;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    import("./chat-room.client.tsx").then(
      ({ ChatRoom }) => over || setRoom({ Room: ChatRoom }),
      () => {
        if (over) return;
        timer = setTimeout(() => setFailures((count) => count + 1), 5_000 + Math.random() * 5_000);
        setFailed(true);
      },
    );
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [ready, room, failures]);
  const [failed, setFailed] = useState(false);
  if (room) return <room.Room {...props} />;
  return (
    <>
      <ChatHead />
      <div className="chat-empty" role="status">
        {failed ? (
          <>
            <p>The chat could not be loaded. We try again by ourselves; the picture is not affected.</p>
            <Button type="button" onClick={() => setFailures((count) => count + 1)}>
              Try again now
            </Button>
          </>
        ) : (
          <p>Loading the chat…</p>
        )}
      </div>
    </>
  );
}

/** A mistake in the chat ends the chat, and nothing else. */
class Guard extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <>
        <ChatHead />
        <div className="chat-empty" role="alert">
          <p>The chat has stopped working on this page. The picture goes on.</p>
          <Button type="button" onClick={() => this.setState({ broken: false })}>
            Start it again
          </Button>
        </div>
      </>
    );
  }
}
