import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { ChatMessage, PageChat } from "../page-messages.ts";
import type { ChatListener } from "../page-socket.ts";
import { ChatHead } from "./chat-panel.tsx";
import { type ChatLog, createChatLog } from "./chat-log.ts";
import { reportsWords } from "./chat-words.ts";
import { ChatList } from "./chat-list.client.tsx";
import { Composer } from "./composer.client.tsx";
import { useModeration } from "./moderation.client.tsx";
import { ChatOptions } from "./options.client.tsx";
import { post } from "./requests.ts";
import { type Service, useService } from "./use-service.client.ts";
import type { Outbox, Unsent } from "./outbox.ts";
import { useOutbox } from "./use-outbox.client.ts";

export type ChatRoomProps = {
  streamId: string;
  path: string;
  userId: string;
  role: "host" | "moderator" | "viewer";
  chat: PageChat;
  reports: number | null;
  at: string;
  onChat: (listener: ChatListener) => () => void;
  heard: boolean;
};

export type Me = { userId: string; role: ChatRoomProps["role"]; mayModerate: boolean };

/** The chat with scripts: what was said from our rows and the page socket, and from the chat service while it answers. */
export function ChatRoom(props: ChatRoomProps) {
  const { path, userId, role, chat, onChat, heard } = props;
  const address = `${path}/chat`;
  const log = useLog(address, onChat, heard);
  const service = useService(address, log, chat);
  const own = useOutbox(address, log);
  const me = useMemo(() => meOf(userId, role), [userId, role]);
  const [carried, setCarried] = useState<Outbox | null>(null);
  const last = useRef<Outbox | null>(null);
  const adopt = useRef(own.adopt);
  adopt.current = own.adopt;
  const take = useRef((outbox: Outbox | null) => {
    if (!outbox && last.current) adopt.current(last.current.unsent);
    last.current = outbox;
    setCarried(outbox);
  });
  const outbox = useMemo<Outbox>(() => joined(own, carried), [own, carried]);
  const { Carrier } = service;
  // Beside the room and not around it: the field, with what is typed in it, stays when the service comes and goes.
  return (
    <>
      {Carrier && (
        <div hidden>
          <Carrier onOutbox={take.current} />
        </div>
      )}
      <Room {...props} address={address} log={log} outbox={outbox} me={me} service={service} />
    </>
  );
}

/** What was not sent is shown from both; what is new leaves by the service's client while that is here. */
function joined(own: Outbox, carried: Outbox | null): Outbox {
  if (!carried) return own;
  const ofOwn = (message: Unsent) => own.unsent.some(({ id }) => id === message.id);
  return {
    unsent: [...own.unsent, ...carried.unsent],
    send: carried.send,
    retry: (message) => (ofOwn(message) ? own : carried).retry(message),
    discard: (message) => (ofOwn(message) ? own : carried).discard(message),
  };
}

const meOf = (userId: string, role: ChatRoomProps["role"]): Me => ({
  userId,
  role,
  mayModerate: role !== "viewer",
});

function useLog(address: string, onChat: ChatRoomProps["onChat"], heard: boolean): ChatLog {
  const [log, setLog] = useState(() => createChatLog(address));
  const made = useRef(address);
  useEffect(() => {
    if (made.current !== address) {
      made.current = address;
      setLog(createChatLog(address));
    }
  }, [address]);
  useEffect(() => onChat((news) => log.hear(news)), [log, onChat]);
  const wasHeard = useRef(heard);
  useEffect(() => {
    // What the socket would have told while it was closed.
    if (heard && !wasHeard.current) log.readAgain();
    wasHeard.current = heard;
  }, [log, heard]);
  useEffect(() => () => log.close(), [log]);
  return log;
}

type RoomProps = ChatRoomProps & {
  address: string;
  log: ChatLog;
  outbox: Outbox;
  me: Me;
  service: Service;
};

function Room({ streamId, address, log, outbox, me, chat, reports, at, service }: RoomProps) {
  const view = useSyncExternalStore(log.subscribe, log.view);
  const [replyTo, setReplyTo] = useState<ChatMessage | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const moderation = useModeration(address, log, () => list.current?.focus());
  const unsent = useMemo(
    () => outbox.unsent.filter(({ id }) => !view.messages.some((message) => message.id === id)),
    [outbox.unsent, view.messages],
  );
  // What was said is not unsent, whatever its own request has heard: not later either, when it is deleted or out of sight.
  useEffect(() => {
    for (const message of outbox.unsent)
      if (message.state === "failed" && view.messages.some(({ id }) => id === message.id))
        outbox.discard(message);
  }, [outbox, view.messages]);
  const last = view.messages.findLast(({ userId }) => userId === me.userId);
  const writable = chat.phase === "open" && (!chat.frozen || me.mayModerate);

  async function react(message: ChatMessage, kind: string) {
    const on = !message.mine.includes(kind);
    const done = await post(address, `messages/${message.id}/reaction`, { kind, on: on ? "1" : "0" });
    if (!done.ok) return moderation.say(done.message);
    // While the service carries reactions it tells everybody, us too; this is what it will say.
    const mine = on ? [...message.mine, kind] : message.mine.filter((each) => each !== kind);
    const count = (message.reactions[kind] ?? 0) + (on ? 1 : -1);
    const { [kind]: _, ...others } = message.reactions;
    log.reacted(message.id, count > 0 ? { ...others, [kind]: count } : others, mine);
  }

  function reply(message: ChatMessage) {
    setReplyTo(message);
    field.current?.focus();
  }

  return (
    <>
      <ChatHead>
        {chat.slowModeSeconds > 0 && <span className="small num">Slow mode {chat.slowModeSeconds} s</span>}
        {chat.frozen && <span className="small">Frozen</span>}
        {reports !== null && reports > 0 && (
          <a
            className="small num"
            href={`/account/streams/${streamId}/reports`}
            target="_blank"
            rel="noreferrer"
          >
            {reportsWords(reports)}
          </a>
        )}
        {me.mayModerate && <ChatOptions address={address} chat={chat} onSaid={moderation.say} />}
      </ChatHead>
      <ChatList
        boxRef={list}
        view={view}
        unsent={unsent}
        me={me}
        writable={writable}
        onOlder={() => void log.older()}
        onAtEnd={() => log.trim()}
        onReply={reply}
        onReact={(message, kind) => void react(message, kind)}
        onRetry={(each: Unsent) => outbox.retry(each)}
        onDiscard={(each: Unsent) => outbox.discard(each)}
        moderation={moderation}
      />
      <p className="chat-said small" role="status">
        {sayState(view.failed, chat, service)}
      </p>
      {moderation.bar}
      {writable ? (
        <Composer
          fieldRef={field}
          outbox={outbox}
          replyTo={replyTo}
          onReply={setReplyTo}
          slowModeSeconds={me.mayModerate ? 0 : chat.slowModeSeconds}
          lastSaidAt={last?.saidAt ?? null}
          silence={view.silence}
          at={at}
        />
      ) : (
        <p className="chat-closed small">
          {chat.phase === "open"
            ? "The chat is frozen: only hosts and moderators can write now."
            : "The chat is over. It can still be read."}
        </p>
      )}
      {moderation.dialog}
    </>
  );
}

function sayState(failed: boolean, chat: PageChat, service: Service): string {
  if (failed) return "What was said cannot be read right now. We try again by ourselves.";
  if (chat.away)
    return "The chat service is away. Messages are kept here, and everybody on this page reads them.";
  if (service.state === "failed")
    return "The chat is slower than usual: its service does not answer. We try again by ourselves.";
  return "";
}
