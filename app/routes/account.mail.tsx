import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { Choice } from "#app/components/choice.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { type Choices, findSavedChoices, updateChoices } from "#app/domain/mail/choices.ts";
import { findFailure } from "#app/domain/mail/failures.ts";
import {
  choiceWords,
  type MailChoice,
  mailChoices,
  minutesInWords,
  reminderMinutes,
} from "#app/domain/mail/kinds.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, type Refusal, typedList, typedText } from "#app/http/forms.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Your mail", error);

const minutes = z.enum(reminderMinutes.map(String) as [string, ...string[]]);
const schema = z.object({
  get: z.enum(["yes", "no"]),
  kinds: z.array(z.enum(mailChoices)).default([]),
  reminders: z.enum(["host", "own"]),
  minutes: z.array(minutes).default([]),
  newStreams: z.enum(["daily", "each"]),
  version: z.string().default(""),
});

export async function loader(args: LoaderFunctionArgs) {
  const { userId, email } = await requireViewer(args);
  const { db } = args.context;
  const [{ choices, version }, failure] = await Promise.all([
    findSavedChoices(db, userId),
    findFailure(db, email),
  ]);
  return {
    email,
    unreachable: failure !== undefined,
    version,
    choices: { ...choices, reminderMinutes: choices.reminderMinutes?.map(String) ?? null },
    kinds: mailChoices.map((value) => ({ value, ...choiceWords[value] })),
    minutes: reminderMinutes.map((value) => ({ value: String(value), label: minutesInWords(value) })),
    draft: await takeDraft(args),
    saved: new URL(args.request.url).searchParams.has("saved"),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { userId } = await requireViewer(args);
  const form = await readForm(args.request, schema);
  if (!form.ok) return refuse(form, 400);
  const { get, kinds, reminders, newStreams } = form.value;
  const own = form.value.minutes.map(Number);
  if (reminders === "own" && own.length === 0 && kinds.includes("reminder"))
    return refuse(
      problem("minutes", "Choose at least one time, or take reminders out of what you get.", form.typed),
      400,
    );
  const wanted: Choices = {
    reminderMinutes: reminders === "own" ? own : null,
    // It comes to who chooses it, and to nobody else.
    live: kinds.includes("live"),
    newStreams,
    stopped: mailChoices.filter((choice) => choice !== "live" && !kinds.includes(choice)),
    allStopped: get === "no",
  };
  const updated = await updateChoices(args.context.db, userId, wanted, form.value.version);
  if (updated.ok) return redirect("/account/mail?saved", 303);
  return refuse(problem("", changedBefore, form.typed), 409, {
    version: updated.version,
    otherwise: otherwise(updated.saved, wanted),
  });
}

type SavedNow = { version: string; otherwise: string[] };

const refuse = ({ problems, typed }: Refusal, status: 400 | 409, saved?: SavedNow) =>
  data({ problems, typed, saved }, { status });

const changedBefore =
  "This was changed while you had the page open, by a link in a mail or on another page. Nothing was saved yet: what you chose stands below.";

/** What is saved, in words, where it is not what was chosen. */
function otherwise(saved: Choices, wanted: Choices): string[] {
  const gets = (choices: Choices, kind: MailChoice) =>
    kind === "live" ? choices.live : !choices.stopped.includes(kind);
  const { reminderMinutes: times } = saved;
  const reminded = times ? `${times.map(minutesInWords).join(", ")} before` : "when each host chose it";
  return [
    saved.allStopped !== wanted.allStopped &&
      `Mail about streams: ${saved.allStopped ? "none at all" : "what you choose"}`,
    ...mailChoices
      .filter((kind) => gets(saved, kind) !== gets(wanted, kind))
      .map(
        (kind) => `${inCapitals(choiceWords[kind].name)}: ${gets(saved, kind) ? "you get them" : "stopped"}`,
      ),
    String(times) !== String(wanted.reminderMinutes) && `You are reminded ${reminded}`,
    saved.newStreams !== wanted.newStreams &&
      `New streams of what you follow: ${saved.newStreams === "each" ? "each one by itself" : "one mail a day"}`,
  ].filter((line) => line !== false);
}

const inCapitals = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

export default function Mail() {
  const { email, unreachable, choices, version, kinds, minutes, draft, saved } =
    useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const savedNow = refused?.saved;
  const typed = refused?.typed ?? draft;
  const chosen = kinds
    .map(({ value }) => value)
    .filter((value) => (value === "live" ? choices.live : !choices.stopped.includes(value)));
  return (
    <Narrow>
      <PageHeader
        title="Your mail"
        above={<Breadcrumbs items={[{ to: "/account", label: "Your account" }]} />}
        lead={
          <p>
            What we send to <Bidi>{email}</Bidi> about streams. Codes to sign in, and what concerns your
            account or your passes, always come.
          </p>
        }
      />
      {saved && !refused && <Notice role="status">Saved.</Notice>}
      {unreachable && (
        <Notice title="Mail to you came back">
          A mail server said that your mailbox does not exist, so we send nothing there. It goes on as soon as
          you sign in with a code that arrived.
        </Notice>
      )}
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        {savedNow && savedNow.otherwise.length > 0 && (
          <Notice title="Saved now, where it is not what you chose:">
            <ul>
              {savedNow.otherwise.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
            <p>Press Save to put what you chose in its place, or leave it as it is now.</p>
          </Notice>
        )}
        <input
          type="hidden"
          name="version"
          value={savedNow?.version ?? typedText(typed, "version") ?? version}
        />
        <Choice
          label="Mail about streams"
          name="get"
          error={refused?.problems.get}
          defaultValue={typedText(typed, "get") ?? (choices.allStopped ? "no" : "yes")}
          options={[
            { value: "yes", label: "What I choose here" },
            { value: "no", label: "None at all" },
          ]}
        />
        <Choice
          label="What you get"
          name="kinds"
          several
          error={refused?.problems.kinds}
          defaultValue={typedList(typed, "kinds") ?? chosen}
          options={kinds.map(({ value, name, about }) => ({
            value,
            label: inCapitals(name),
            hint: about,
          }))}
        />
        <Choice
          label="When you are reminded"
          name="reminders"
          error={refused?.problems.reminders}
          defaultValue={typedText(typed, "reminders") ?? (choices.reminderMinutes ? "own" : "host")}
          options={[
            {
              value: "host",
              label: "When each stream's host chose it",
              hint: "Usually a day and ten minutes before.",
            },
            { value: "own", label: "At times of my own" },
          ]}
        />
        <Choice
          label="Times of your own: before the start"
          name="minutes"
          several
          error={refused?.problems.minutes}
          defaultValue={typedList(typed, "minutes") ?? choices.reminderMinutes ?? ["1440", "10"]}
          options={minutes}
        />
        <Choice
          label="New streams of what you follow"
          name="newStreams"
          error={refused?.problems.newStreams}
          defaultValue={typedText(typed, "newStreams") ?? choices.newStreams}
          options={[
            {
              value: "daily",
              label: "Together, in one mail a day at most",
              hint: "What is scheduled after that day’s mail for the same day is in none.",
            },
            { value: "each", label: "Each one when it is scheduled" },
          ]}
        />
        <p className="row">
          <SubmitButton kind="go" pending="Saving…">
            Save
          </SubmitButton>
        </p>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
