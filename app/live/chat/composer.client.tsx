import {
  type FormEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { Bidi } from "#app/components/bidi.tsx";
import { Button } from "#app/components/button.tsx";
import type { ChatMessage } from "../page-messages.ts";
import type { Outbox } from "./outbox.ts";
import { charactersIn, mostCharacters, waitWords } from "./chat-words.ts";

type ComposerProps = {
  fieldRef: RefObject<HTMLTextAreaElement>;
  outbox: Outbox;
  replyTo: ChatMessage | null;
  /** It is a reply to that one; null: it was sent, or is not wanted any more. */
  onReply: (message: ChatMessage | null) => void;
  /** 0: no waiting. */
  slowModeSeconds: number;
  lastSaidAt: string | null;
  silence: { until: string; reason: string } | null;
  /** The server's clock, to count from. */
  at: string;
};

/** So many characters before the limit, what is left is told. */
const tellLeft = 60;

/** The field. What was refused comes back to it with the reason beside it, and nothing that was typed is lost. */
export function Composer(props: ComposerProps) {
  const { fieldRef, outbox, replyTo, onReply, silence } = props;
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [refusedUntil, setRefusedUntil] = useState(0);
  const id = useId();
  const { wait, silenced } = useWait(props, refusedUntil);
  const left = mostCharacters - charactersIn(text);
  const tooLong = left < 0;
  const isReply = useRef(replyTo !== null);
  isReply.current = replyTo !== null;

  function submit(event: FormEvent) {
    event.preventDefault();
    const said = text.trim();
    if (said === "" || tooLong || wait > 0) return fieldRef.current?.focus();
    setText("");
    setRefusal(null);
    onReply(null);
    fieldRef.current?.focus();
    void outbox.send({ text: said, replyTo: replyTo?.id ?? null }).then((notTaken) => {
      if (!notTaken) return;
      setRefusal(notTaken.message);
      // Before what was typed meanwhile, and as the reply that it was.
      setText((typed) => (typed ? `${notTaken.text}\n${typed}` : notTaken.text));
      if (replyTo && !isReply.current) onReply(replyTo);
      if (notTaken.waitSeconds) setRefusedUntil(performance.now() + notTaken.waitSeconds * 1000);
    });
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
    if (event.key === "Escape" && replyTo) onReply(null);
  }

  const says =
    silence && silenced
      ? silenceWords(silence, wait)
      : wait > 0
        ? `You can write again in ${waitWords(wait)}.`
        : null;
  return (
    <form className="chat-form" onSubmit={submit}>
      {replyTo && (
        <p className="chat-replying small">
          <span>
            Replying to <Bidi>{replyTo.name}</Bidi>: <Bidi>{replyTo.text.slice(0, 80)}</Bidi>
          </span>
          <Button type="button" kind="quiet" onClick={() => onReply(null)}>
            Do not reply
          </Button>
        </p>
      )}
      <label className="visually-hidden" htmlFor={`${id}-text`}>
        Message
      </label>
      <textarea
        ref={fieldRef}
        id={`${id}-text`}
        rows={1}
        dir="auto"
        value={text}
        placeholder="Say something"
        enterKeyHint="send"
        aria-invalid={refusal !== null || tooLong || undefined}
        aria-describedby={`${id}-error ${id}-says`}
        onChange={(event) => {
          setText(event.target.value);
          setRefusal(null);
        }}
        onKeyDown={onKeyDown}
      />
      <Button kind="go" aria-disabled={wait > 0 || tooLong || undefined}>
        Send
      </Button>
      <p className="field-error" id={`${id}-error`} role="alert">
        {tooLong ? `That is ${-left === 1 ? "1 character" : `${-left} characters`} too long.` : refusal}
      </p>
      <p className="chat-says small num" id={`${id}-says`}>
        {says ?? (left <= tellLeft && left >= 0 ? `${left} characters left` : "")}
      </p>
    </form>
  );
}

function silenceWords({ reason }: { reason: string }, wait: number): string {
  return `You are in a time-out for ${waitWords(wait)}.${reason ? ` Reason: ${reason}` : ""}`;
}

/** Whole seconds until this person may write again, and whether a time-out is among the reasons. */
function useWait(
  { slowModeSeconds, lastSaidAt, silence, at }: ComposerProps,
  refusedUntil: number,
): { wait: number; silenced: boolean } {
  const [now, setNow] = useState(0);
  // The server's clock as it was when this page heard it last.
  const [begun, setBegun] = useState(() => ({ at: Date.parse(at), ms: performance.now() }));
  useEffect(() => setBegun({ at: Date.parse(at), ms: performance.now() }), [at]);
  const server = begun.at + Math.max(0, performance.now() - begun.ms);
  const slowUntil = lastSaidAt && slowModeSeconds > 0 ? Date.parse(lastSaidAt) + slowModeSeconds * 1000 : 0;
  const silentUntil = silence ? Date.parse(silence.until) : 0;
  const refused = refusedUntil - performance.now();
  // A clock of ours that lags must not make anybody wait for longer than the rule says.
  const slow = Math.min(slowUntil - server, slowModeSeconds * 1000);
  const seconds = Math.ceil(Math.max(0, slow, silentUntil - server, refused) / 1000);
  const waiting = seconds > 0;
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => setNow(performance.now()), 500);
    return () => clearInterval(timer);
  }, [waiting]);
  void now;
  return { wait: seconds, silenced: silentUntil > server };
}
