import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Button } from "#app/components/button.tsx";
import { SelectField, TextField } from "#app/components/field.tsx";
import type { ChatMessage } from "../page-messages.ts";
import type { ChatLog } from "./chat-log.ts";
import { post } from "./requests.ts";

type Question = "report" | "removal" | "timeout" | "ban";

export type Moderation = {
  remove: (message: ChatMessage) => Promise<void>;
  pin: (message: ChatMessage, pinned: boolean) => Promise<void>;
  ask: (question: Question, message: ChatMessage) => void;
  /** Says a sentence above the field. */
  say: (sentence: string) => void;
  bar: ReactNode;
  dialog: ReactNode;
};

/** How long a sentence stands above the field, unless it can be undone. */
const saidMs = 8_000;

/**
 * What hosts and moderators do, and what everybody may do with their own messages or report. `onFocusLost`: what had the
 * focus is gone, and it has to go somewhere else.
 */
export function useModeration(address: string, log: ChatLog, onFocusLost: () => void): Moderation {
  const [said, setSaid] = useState<{ sentence: string; undo?: ChatMessage; until: number } | null>(null);
  const [asked, setAsked] = useState<{ question: Question; message: ChatMessage } | null>(null);

  const bar = useRef<HTMLDivElement>(null);
  const lost = useRef(onFocusLost);
  lost.current = onFocusLost;
  const hasFocus = () => bar.current?.contains(document.activeElement) ?? false;

  useEffect(() => {
    if (!said) return;
    const end = () => {
      if (hasFocus()) lost.current();
      setSaid(null);
    };
    const timer = setTimeout(end, Math.max(0, said.until - performance.now()));
    return () => clearTimeout(timer);
  }, [said]);

  // The message that had the focus is gone, and there are ten seconds to undo that.
  const undone = said?.undo?.id;
  useEffect(() => {
    if (undone) bar.current?.querySelector("button")?.focus();
  }, [undone]);

  const say = (sentence: string) => setSaid({ sentence, until: performance.now() + saidMs });

  async function remove(message: ChatMessage) {
    const done = await post<{ undoUntil: string }>(address, `messages/${message.id}/removal`);
    if (!done.ok) return say(done.message);
    log.hide([message.id]);
    setSaid({ sentence: "Message deleted.", undo: message, until: performance.now() + 10_000 });
  }

  async function restore(message: ChatMessage) {
    const done = await post(address, `messages/${message.id}/restoration`);
    if (hasFocus()) lost.current();
    if (!done.ok) return say(done.message);
    log.hear({ type: "chat", messages: [message] });
    say("The message is back.");
  }

  async function pin(message: ChatMessage, pinned: boolean) {
    const done = await post(address, `messages/${message.id}/pin`, { pinned: pinned ? "1" : "0" });
    if (!done.ok) return say(done.message);
    log.hear({ type: "chat", messages: [{ ...message, pinned }] });
    say(pinned ? "Pinned for everybody." : "The pin is off.");
  }

  return {
    remove,
    pin,
    ask: (question, message) => setAsked({ question, message }),
    say,
    bar: (
      <div ref={bar} className="chat-bar small" role="status">
        {said && <span>{said.sentence}</span>}
        {said?.undo && (
          <Button type="button" kind="quiet" onClick={() => said.undo && void restore(said.undo)}>
            Undo
          </Button>
        )}
      </div>
    ),
    dialog: asked && (
      <Ask
        key={`${asked.question} ${asked.message.id}`}
        {...asked}
        address={address}
        onEnd={(sentence) => {
          setAsked(null);
          if (sentence) say(sentence);
        }}
      />
    ),
  };
}

type AskProps = {
  question: Question;
  message: ChatMessage;
  address: string;
  /** The sentence says what was done; none when nothing was. */
  onEnd: (sentence?: string) => void;
};

const titles: Record<Question, (name: string) => string> = {
  report: () => "Report this message",
  removal: (name) => `Delete everything that ${name} has said here`,
  timeout: (name) => `Time out ${name}`,
  ban: (name) => `Ban ${name}`,
};
const buttons: Record<Question, string> = {
  report: "Report it",
  removal: "Delete it all",
  timeout: "Start the time-out",
  ban: "Ban",
};

/** Asks what has to be known, and does it. What is wrong stands in the form, which keeps what was chosen. */
function Ask({ question, message, address, onEnd }: AskProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [pending, setPending] = useState(false);
  const { name, userId, id } = message;
  useEffect(() => dialog.current?.showModal(), []);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = Object.fromEntries(
      [...new FormData(event.currentTarget)].flatMap(([field, value]) =>
        typeof value === "string" ? [[field, value]] : [],
      ),
    );
    setPending(true);
    const path = question === "report" ? `messages/${id}/report` : `people/${userId}/${question}`;
    const done = await post<{ count?: number }>(address, path, fields);
    setPending(false);
    if (!done.ok) return setProblem(done.message);
    onEnd(
      {
        report: "Reported. Somebody of the team looks at it.",
        removal: `${done.count ?? 0} messages of ${name} are gone.`,
        timeout: `${name} is in a time-out.`,
        ban: `${name} is banned.`,
      }[question],
    );
  }

  return (
    <dialog ref={dialog} className="chat-ask" aria-labelledby="chat-ask-title" onClose={() => onEnd()}>
      <form className="form" onSubmit={(event) => void submit(event)}>
        <h3 id="chat-ask-title">{titles[question](name)}</h3>
        {question === "report" && (
          <blockquote className="small" dir="auto">
            <Bidi>{message.text}</Bidi>
          </blockquote>
        )}
        {question === "timeout" && (
          <SelectField label="For how long" name="minutes" defaultValue="10">
            {timeouts.map(([minutes, words]) => (
              <option key={minutes} value={minutes}>
                {words}
              </option>
            ))}
          </SelectField>
        )}
        {question === "ban" && (
          <>
            <SelectField label="From what" name="scope" defaultValue="stream">
              <option value="stream">This stream</option>
              <option value="space">The whole space</option>
            </SelectField>
            <SelectField label="For how long" name="days" defaultValue="">
              <option value="">For good</option>
              <option value="1">1 day</option>
              <option value="7">7 days</option>
              <option value="30">30 days</option>
            </SelectField>
            <p className="small">The picture, the chat and replays end for them at once, in every tab.</p>
          </>
        )}
        {question === "removal" && <p className="small">This cannot be undone.</p>}
        <TextField
          label={question === "report" ? "What is wrong with it" : "Reason"}
          hint={question === "report" ? "The team reads it." : "They read it, and it stands in the log."}
          name="reason"
          maxLength={300}
          error={problem ?? undefined}
        />
        <p className="row">
          <Button kind="go" pending={pending && "One moment…"}>
            {buttons[question]}
          </Button>
          <Button type="button" onClick={() => dialog.current?.close()}>
            Leave it
          </Button>
        </p>
      </form>
    </dialog>
  );
}

const timeouts: [minutes: number, words: string][] = [
  [1, "1 minute"],
  [5, "5 minutes"],
  [10, "10 minutes"],
  [60, "1 hour"],
  [1440, "24 hours"],
];
