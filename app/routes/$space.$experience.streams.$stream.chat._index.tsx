import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Tag } from "#app/components/tag.tsx";
import { listMessages, listPinnedMessages } from "#app/domain/chat/messages.ts";
import { findChatRoom } from "#app/domain/chat/rooms.ts";
import { hasReplay } from "#app/domain/recordings/replay.ts";
import { findAudience } from "#app/domain/presence/presence.ts";
import { findStreamFacts } from "#app/domain/streams/facts.ts";
import { stateFor } from "#app/domain/streams/state.ts";
import { readPlace, requireChat } from "#app/http/chat.ts";
import { newsSince } from "#app/live/watch/place.ts";

/** So often the list asks for what is new, while something new may come. */
const refreshSeconds = 5;
const mostInFrame = 50;

type Page = ReturnType<typeof useLoaderData<typeof loader>>;

export const handle = {
  frame: "Chat: what was said",
  lights: ({ lights }: Page) => lights && "down",
  refresh: ({ older, open }: Page) => !older && open && refreshSeconds,
};

export const meta = () => pageTitle("Chat");

/** What was said, for browsers without scripts: a frame of the stream's page, which reloads by itself. */
export async function loader(args: LoaderFunctionArgs) {
  const { viewer, streamId, chat, access, lights, role } = await requireChat(args);
  const { db } = args.context;
  const { userId } = viewer;
  // While its chat is open, the page itself does not ask again (`refreshSeconds`): this frame does.
  if (access.mayWatch) args.context.countPerson(streamId, userId, role === "viewer");
  const before = readPlace(args.request, "before");
  const shown = new URL(args.request.url).searchParams.get("shown");
  const [room, facts, { messages, more }, pinned, replay, audience] = await Promise.all([
    findChatRoom(db, { streamId }),
    findStreamFacts(db, streamId),
    listMessages(db, { streamId, userId, before, most: mostInFrame }),
    before === undefined ? listPinnedMessages(db, { streamId, userId }) : [],
    access.status === "ended" && hasReplay(db, streamId),
    access.status === "live" ? findAudience(db, streamId) : undefined,
  ]);
  const phase = room?.phase ?? "closed";
  return {
    lights,
    chat,
    stream: chat.replace(/\/chat$/, ""),
    query: shown === null ? "" : `?shown=${encodeURIComponent(shown)}`,
    news: facts && newsSince(shown, stateFor(facts, { access, userId })),
    messages,
    more,
    pinned: pinned.slice(0, 1),
    older: before !== undefined,
    open: phase === "open",
    phase,
    team: role !== "viewer",
    watching: audience?.now ?? null,
    replay,
  };
}

export default function ChatFrame() {
  const { chat, stream, query, news, messages, more, pinned, older, phase, team, watching, replay } =
    useLoaderData<typeof loader>();
  const first = messages[0];
  return (
    <div className="chat-page">
      <div className="chat-page-list">
        <h1 className="visually-hidden">What was said</h1>
        {more && first && (
          <p>
            <a href={`${chat}${query || "?"}${query && "&"}before=${first.number}`}>Older messages</a>
          </p>
        )}
        {messages.length === 0 && (
          <p className="small">
            {older ? "There is nothing older." : "Nobody has said anything yet. Say hello."}
          </p>
        )}
        <ol>
          {messages.map((message) => (
            <li key={message.id} className="chat-message">
              {message.replyTo && (
                <p className="chat-quote small">
                  In reply to <Bidi>{message.replyTo.name}</Bidi>:{" "}
                  <Bidi>{message.replyTo.text || "a message that was deleted"}</Bidi>
                </p>
              )}
              <p dir="auto">
                <b>
                  <Bidi>{message.name}</Bidi>
                </b>{" "}
                {message.role !== "viewer" && <Tag>{message.role === "host" ? "Host" : "Moderator"}</Tag>}{" "}
                <span className="chat-text">
                  <Bidi>{message.text}</Bidi>
                </span>{" "}
                <a
                  className="small"
                  href={`${chat}/messages/${message.id}`}
                  aria-label={`Reply or more: message of ${message.name}`}
                >
                  more
                </a>
              </p>
            </li>
          ))}
        </ol>
        {pinned.map((message) => (
          <p key={message.id} className="chat-pinned small">
            Pinned · <Bidi>{message.name}</Bidi>: <Bidi>{message.text}</Bidi>
          </p>
        ))}
        {older && (
          <p>
            <a href={chat + query}>Back to the newest</a>
          </p>
        )}
        {news && (
          <p className="chat-news" role="status">
            {news}{" "}
            <a href={stream} target="_top">
              Show it
            </a>
          </p>
        )}
        {watching !== null && !older && (
          <p className="small num">
            {watching.toLocaleString("en-GB")} watching ·{" "}
            <a href={stream} target="_top">
              load the page again
            </a>
          </p>
        )}
        {replay && (
          <p className="small">
            <a href={`${chat}/replay`}>By the time of the recording</a>
          </p>
        )}
        {team && (
          <p className="small">
            <a href={`${chat}/settings`}>Settings of the chat</a>
          </p>
        )}
        {phase === "before" && <p className="small">The chat is not open yet.</p>}
        {phase === "read-only" && <p className="small">The chat is over. It can still be read.</p>}
      </div>
    </div>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
