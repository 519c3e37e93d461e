import { type ActionFunctionArgs, data, type LoaderFunctionArgs } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Button } from "#app/components/button.tsx";
import { SelectField, TextField } from "#app/components/field.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { findChatRoom } from "#app/domain/chat/rooms.ts";
import { mostSlowModeSeconds, setChat } from "#app/domain/moderation/chat.ts";
import { chatDone, chatRefusal, requireChat, requireChatStream, wantsJson } from "#app/http/chat.ts";
import { readForm, type Typed, typedText } from "#app/http/forms.ts";

const howMany = "Write how many seconds, as a whole number.";
const yesNo = z
  .enum(["0", "1"])
  .transform((value) => value === "1")
  .optional();
const schema = z.object({
  slowModeSeconds: z
    .string()
    .trim()
    .regex(/^-?\d{1,9}(\.\d+)?$/, howMany)
    .transform(Number)
    .optional(),
  frozen: yesNo,
  linksAllowed: yesNo,
});

export const handle = {
  frame: "Chat: its settings",
  lights: ({ lights }: { lights: boolean }) => lights && "down",
};

export const meta = () => pageTitle("Settings of the chat");

/** Slow mode, freezing and links for browsers without scripts: a page of the chat's frame, for hosts and moderators. */
export async function loader(args: LoaderFunctionArgs) {
  const { streamId, chat, role, lights } = await requireChat(args);
  if (role === "viewer") throw data({ message: "Only hosts and moderators can set this." }, { status: 403 });
  const room = await findChatRoom(args.context.db, { streamId });
  return {
    ...{ chat, lights },
    saved: new URL(args.request.url).searchParams.has("saved"),
    most: mostSlowModeSeconds,
    slowModeSeconds: room?.slowModeSeconds ?? 0,
    frozen: room?.frozen ?? false,
    linksAllowed: room?.linksAllowed ?? false,
  };
}

/** Slow mode, freezing, links: what is not sent stays as it is. */
export async function action(args: ActionFunctionArgs) {
  const { viewer, streamId } = await requireChatStream(args);
  const json = wantsJson(args.request);
  const form = await readForm(args.request, schema);
  if (!form.ok) return refuse(Object.values(form.problems)[0]?.[0] ?? howMany);
  const settings = form.value;
  // The form of this page has the field, and somebody emptied it.
  if (!json && settings.slowModeSeconds === undefined) return refuse(howMany);
  const done = await setChat(args.context, { streamId, actorId: viewer.userId, settings });
  if (done.ok) return chatDone(args);
  return done.reason === "no_access" ? chatRefusal(args.request, done) : refuse(done.message);

  function refuse(message: string) {
    if (json) return chatRefusal(args.request, { reason: "field", field: "slowModeSeconds", message }, 400);
    return data({ problem: message, typed: form.typed }, { status: 400 });
  }
}

export default function SettingsFrame() {
  const { chat, saved, most, slowModeSeconds, frozen, linksAllowed } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>() as { problem: string; typed: Typed } | undefined;
  const typed = (name: string, stored: string) => typedText(refused?.typed, name) ?? stored;
  return (
    <div className="chat-page stack">
      <p>
        <a href={chat}>Back to the chat</a>
      </p>
      <h1 className="chat-page-head">Settings of the chat</h1>
      <form className="form" method="post" action={`${chat}/settings`}>
        <input type="hidden" name="back" value={`${chat}/settings?saved`} />
        <TextField
          label="Slow mode, seconds"
          hint={`How long a viewer waits between two messages: 0 (off) to ${most}.`}
          name="slowModeSeconds"
          inputMode="numeric"
          defaultValue={typed("slowModeSeconds", String(slowModeSeconds))}
          error={refused?.problem}
        />
        <SelectField label="Who can write" name="frozen" defaultValue={typed("frozen", frozen ? "1" : "0")}>
          <option value="0">Everybody with access</option>
          <option value="1">Only hosts and moderators (frozen)</option>
        </SelectField>
        <SelectField
          label="Who can send links"
          name="linksAllowed"
          defaultValue={typed("linksAllowed", linksAllowed ? "1" : "0")}
        >
          <option value="0">Only hosts and moderators</option>
          <option value="1">Everybody who can write</option>
        </SelectField>
        <p className="row">
          <Button kind="go">Save</Button>
          {saved && !refused && (
            <span className="small" role="status">
              Saved.
            </span>
          )}
        </p>
      </form>
    </div>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
