import { data, type LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Tag } from "#app/components/tag.tsx";
import { findReplayedMessages } from "#app/domain/chat/replayed.ts";
import { readReplayPage, requireChat } from "#app/http/chat.ts";
import { clock, momentPath } from "#app/live/replay/clock.ts";

export const handle = { frame: "Chat: what was said" };

export const meta = () => pageTitle("Chat of the replay");

/** What was said by the time of the recording, for browsers without scripts: a frame of the stream's page. */
export async function loader(args: LoaderFunctionArgs) {
  const { viewer, streamId, access, chat } = await requireChat(args);
  if (!access.mayWatch) throw data({ message: "You may not watch this replay." }, { status: 403 });
  const of = { streamId, userId: viewer.userId };
  const found = await findReplayedMessages(args.context.db, of, readReplayPage(args.request));
  if (!found) throw data({ message: "There is no replay." }, { status: 404 });
  return { ...found, chat, stream: chat.replace(/\/chat$/, "") };
}

export default function ReplayChatFrame() {
  const { messages, earlier, later, chat, stream } = useLoaderData<typeof loader>();
  const [first, last] = [messages[0], messages.at(-1)];
  return (
    <div className="chat-page">
      <h1 className="visually-hidden">What was said, by the time of the recording</h1>
      <p className="small">
        A time leads to its moment. <a href={chat}>The chat as it is now</a>
      </p>
      {earlier && first && (
        <p>
          <a href={`${chat}/replay?before=${first.number}`}>Earlier messages</a>
        </p>
      )}
      {messages.length === 0 &&
        (earlier ? (
          <p className="small">
            Nothing was said after that. <a href={`${chat}/replay`}>Back to the beginning</a>
          </p>
        ) : (
          <p className="small">Nobody said anything.</p>
        ))}
      <ol>
        {messages.map(({ id, name, role, text, atMs, replyTo }) => (
          <li key={id} className="chat-message">
            {replyTo && (
              <p className="chat-quote small">
                In reply to <Bidi>{replyTo.name}</Bidi>:{" "}
                <Bidi>{replyTo.text || "a message that was deleted"}</Bidi>
              </p>
            )}
            <p dir="auto">
              <a className="num" href={momentPath(stream, atMs)} target="_top">
                {clock(atMs)}
              </a>{" "}
              <b>
                <Bidi>{name}</Bidi>
              </b>{" "}
              {role !== "viewer" && <Tag>{role === "host" ? "Host" : "Moderator"}</Tag>}{" "}
              <span className="chat-text">
                <Bidi>{text}</Bidi>
              </span>
            </p>
          </li>
        ))}
      </ol>
      {later && last && (
        <p>
          <a href={`${chat}/replay?after=${last.number}`}>Later messages</a>
        </p>
      )}
    </div>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
