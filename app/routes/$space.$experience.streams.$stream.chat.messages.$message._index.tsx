import { randomUUID } from "node:crypto";
import { data, type LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import type { ReactNode } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Button } from "#app/components/button.tsx";
import { SelectField, TextArea, TextField } from "#app/components/field.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { findMessagePage } from "#app/domain/chat/messages.ts";
import { reactionKinds } from "#app/domain/chat/reaction-kinds.ts";
import { findChatRoom } from "#app/domain/chat/rooms.ts";
import { requireChat } from "#app/http/chat.ts";
import { isId } from "#app/domain/text.ts";
import { reactionWords } from "#app/live/chat/reaction-words.ts";

export const handle = {
  frame: "Chat: one message",
  lights: ({ lights }: { lights: boolean }) => lights && "down",
};

export const meta = () => pageTitle("A message");

/** One message with everything that this person may do with it, as plain forms. */
export async function loader(args: LoaderFunctionArgs) {
  const { viewer, streamId, chat, role, lights } = await requireChat(args);
  const messageId = args.params.message;
  const { userId } = viewer;
  const [page, room] = await Promise.all([
    isId(messageId) ? findMessagePage(args.context.db, { streamId, messageId, userId }) : undefined,
    findChatRoom(args.context.db, { streamId }),
  ]);
  const team = role !== "viewer";
  const own = page?.message.userId === userId;
  if (!page || (page.hidden && !team && !page.hiddenByMe))
    throw data({ message: "There is no such message any more." }, { status: 404 });
  return { ...page, lights, chat, team, own, id: randomUUID(), writable: room?.phase === "open" };
}

type Page = ReturnType<typeof useLoaderData<typeof loader>>;

export default function MessageFrame() {
  const page = useLoaderData<typeof loader>();
  const { chat, message, hidden, own, team, writable } = page;
  return (
    <div className="chat-page stack">
      <p>
        <a href={chat}>Back to the chat</a>
      </p>
      <h1 className="chat-page-head">
        Message of <Bidi>{message.name}</Bidi>
      </h1>
      <blockquote dir="auto">
        <span className="chat-text">
          <Bidi>{hidden ? "This message is deleted." : message.text}</Bidi>
        </span>
      </blockquote>
      {hidden ? (
        <Act page={page} to={`messages/${message.id}/restoration`} button="Undo: show it again" />
      ) : (
        <>
          {writable && <Answer page={page} />}
          {(own || team) && <Act page={page} to={`messages/${message.id}/removal`} button="Delete it" stay />}
          {!own && !team && (
            <Act page={page} to={`messages/${message.id}/report`} button="Report it">
              <TextField label="What is wrong with it" name="reason" id="report-reason" maxLength={300} />
            </Act>
          )}
          {team && (
            <Act
              page={page}
              to={`messages/${message.id}/pin`}
              button={message.pinned ? "Take the pin off" : "Pin it"}
            >
              <input type="hidden" name="pinned" value={message.pinned ? "0" : "1"} />
            </Act>
          )}
        </>
      )}
      {team && !own && message.role === "viewer" && <People page={page} />}
    </div>
  );
}

function Answer({ page }: { page: Page }) {
  const { chat, id, message } = page;
  return (
    <>
      <form className="form" method="post" action={`${chat}/messages`}>
        <input type="hidden" name="id" value={id} />
        <input type="hidden" name="replyTo" value={message.id} />
        <TextArea label="Your reply" name="text" rows={2} />
        <Button kind="go">Reply</Button>
      </form>
      <div className="row">
        {reactionKinds.map((kind) => (
          <form key={kind} method="post" action={`${chat}/messages/${message.id}/reaction`}>
            <input type="hidden" name="kind" value={kind} />
            <input type="hidden" name="on" value={message.mine.includes(kind) ? "0" : "1"} />
            <input type="hidden" name="back" value={`${chat}/messages/${message.id}`} />
            <button
              className="chat-reaction"
              aria-pressed={message.mine.includes(kind)}
              aria-label={`${reactionWords[kind].name}, ${message.reactions[kind] ?? 0}`}
            >
              {reactionWords[kind].emoji} {message.reactions[kind] ?? 0}
            </button>
          </form>
        ))}
      </div>
    </>
  );
}

/** What can be done about who said it. */
function People({ page }: { page: Page }) {
  const { message, silenced, bannedFromStream, bannedFromSpace } = page;
  const to = (what: string) => `people/${message.userId}/${what}`;
  return (
    <>
      <Act page={page} to={to("removal")} button="Delete everything they have said here">
        <TextField label="Reason" name="reason" id="removal-reason" maxLength={300} />
      </Act>
      {silenced ? (
        <Act page={page} to={to("timeout")} button="End their time-out" stay>
          <input type="hidden" name="minutes" value="0" />
        </Act>
      ) : (
        <Act page={page} to={to("timeout")} button="Start a time-out" stay>
          <TextField
            label="For how many minutes"
            hint="1 to 1440 (24 hours)."
            name="minutes"
            type="number"
            min={1}
            max={1440}
            defaultValue="10"
          />
          <TextField label="Reason" name="reason" id="timeout-reason" maxLength={300} />
        </Act>
      )}
      {bannedFromStream && <Lift page={page} to={to("ban")} scope="stream" />}
      {bannedFromSpace && <Lift page={page} to={to("ban")} scope="space" />}
      {!bannedFromStream && !bannedFromSpace && (
        <Act page={page} to={to("ban")} button="Ban them" stay>
          <SelectField label="From what" name="scope" defaultValue="stream">
            <option value="stream">This stream</option>
            <option value="space">The whole space</option>
          </SelectField>
          <TextField
            label="For how many days"
            hint="Empty: for good."
            name="days"
            type="number"
            min={1}
            max={3650}
          />
          <TextField label="Reason" name="reason" id="ban-reason" maxLength={300} />
        </Act>
      )}
    </>
  );
}

function Lift({ page, to, scope }: { page: Page; to: string; scope: "stream" | "space" }) {
  return (
    <Act
      page={page}
      to={to}
      button={scope === "stream" ? "Lift the ban from this stream" : "Lift the ban from the space"}
      stay
    >
      <input type="hidden" name="scope" value={scope} />
      <input type="hidden" name="lift" value="1" />
    </Act>
  );
}

type ActProps = { page: Page; to: string; button: string; stay?: boolean; children?: ReactNode };

/** One thing to do, as one form; `stay` comes back here. */
function Act({ page: { chat, message }, to, button, stay = false, children }: ActProps) {
  return (
    <form className="form" method="post" action={`${chat}/${to}`}>
      {children}
      {stay && <input type="hidden" name="back" value={`${chat}/messages/${message.id}`} />}
      <Button>{button}</Button>
    </form>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
