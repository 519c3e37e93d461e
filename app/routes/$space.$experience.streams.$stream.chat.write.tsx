import { randomUUID } from "node:crypto";
import { type ActionFunctionArgs, data, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Button } from "#app/components/button.tsx";
import { TextArea } from "#app/components/field.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { findChatRoom } from "#app/domain/chat/rooms.ts";
import { findSilence } from "#app/domain/chat/silences.ts";
import { refusalStatus, requireChat, takeMessage } from "#app/http/chat.ts";
import { readForm, typedText } from "#app/http/forms.ts";

const schema = z.object({ id: z.uuid(), text: z.string().default("") });

export const handle = {
  frame: "Chat: write",
  lights: ({ lights }: { lights: boolean }) => lights && "down",
};

export const meta = () => pageTitle("Say something");

/** The field, for browsers without scripts: a frame of its own, so that the list's reload never eats what is typed. */
export async function loader(args: LoaderFunctionArgs) {
  const { viewer, streamId, chat, role, lights } = await requireChat(args);
  const [room, silence] = await Promise.all([
    findChatRoom(args.context.db, { streamId }),
    findSilence(args.context.db, { streamId, userId: viewer.userId }),
  ]);
  const team = role !== "viewer";
  return {
    lights,
    chat,
    // A form that is sent twice is one message.
    id: randomUUID(),
    sent: new URL(args.request.url).searchParams.has("sent"),
    open: room?.phase === "open",
    frozen: (room?.frozen ?? false) && !team,
    slowModeSeconds: team ? 0 : (room?.slowModeSeconds ?? 0),
    silence: silence ? { reason: silence.reason, minutes: Math.ceil(silence.remainingSeconds / 60) } : null,
  };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId, chat } = await requireChat(args);
  const form = await readForm(args.request, schema);
  if (!form.ok)
    return data(
      { problem: "This form is broken. Please send it again.", typed: form.typed },
      { status: 400 },
    );
  const { id, text } = form.value;
  const said = await takeMessage(args.context, { streamId, userId: viewer.userId, id, text });
  if (said.ok) return redirect(`${chat}/write?sent`, { status: 303 });
  const wait = said.waitSeconds ? ` You can write again in ${said.waitSeconds} s.` : "";
  return data({ problem: said.message + wait, typed: form.typed }, { status: refusalStatus(said.reason) });
}

export default function WriteFrame() {
  const { chat, id, sent, open, frozen, slowModeSeconds, silence } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  if (!open) return <p className="chat-page small">The chat is not open.</p>;
  return (
    <form className="chat-page form" method="post" action={`${chat}/write`}>
      <input type="hidden" name="id" value={id} />
      <TextArea
        label="Say something"
        name="text"
        rows={2}
        defaultValue={typedText(refused?.typed, "text")}
        error={refused?.problem}
        hint={
          silence
            ? `You are in a time-out for ${silence.minutes} min.${silence.reason ? ` Reason: ${silence.reason}` : ""}`
            : frozen
              ? "The chat is frozen: only hosts and moderators can write now."
              : slowModeSeconds > 0
                ? `Slow mode: one message every ${slowModeSeconds} s.`
                : undefined
        }
      />
      <p className="row">
        <Button kind="go">Send</Button>
        {sent && !refused && (
          <span className="small" role="status">
            Sent.
          </span>
        )}
      </p>
    </form>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
