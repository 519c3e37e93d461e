import type { ChatNews } from "../page-messages.ts";
import type { Playhead } from "./playhead.ts";

/** A message beside a replay; `atMs` is its moment in the recording. */
export type ReplayedMessage = {
  id: string;
  number: number;
  name: string;
  role: "host" | "moderator" | "viewer";
  text: string;
  replyTo: { id: string; name: string; text: string } | null;
  atMs: number;
};

type Rows = { messages: ReplayedMessage[]; earlier: boolean; later: boolean };

export type ChatInStepView = {
  /** Said until where the picture is, oldest first. */
  shown: readonly ReplayedMessage[];
  /** Earlier ones can be read. */
  earlier: boolean;
  loading: boolean;
  /** They could not be read; it is tried again. */
  failed: boolean;
};

/** So many are known ahead of the picture, where there are so many. */
const leastAhead = 20;
/** So many are kept; what is dropped can be read again. */
const mostKept = 600;
const retryMs = 4_000;
const againMs = 1_500;

export type ChatInStep = ReturnType<typeof createChatInStep>;

/**
 * Keeps the messages around the moment at which a replay is: reads on as it plays, and anew where it is sent. They are
 * always all there are between the first and the last of them. What is deleted meanwhile is gone at once. `chat` is the
 * stream's address with `/chat`.
 */
export function createChatInStep(chat: string, playhead: Playhead, { read = readReplayed } = {}) {
  const listeners = new Set<() => void>();
  /** Deleted while an answer was under way that may still have them. */
  const gone = new Set<string>();
  let rows: Rows | null = null;
  let view: ChatInStepView = { shown: [], earlier: false, loading: true, failed: false };
  let reading = false;
  let stale = false;
  /** Earlier ones were asked for, and could not be read. */
  let owesEarlier = false;
  /** Something was said while an answer was under way that may not have it. */
  let heardMore = false;
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(changed: Partial<ChatInStepView> = {}) {
    const known = rows?.messages ?? [];
    const count = countUntil(known, playhead.ms());
    const same =
      count === view.shown.length && view.shown.every((message, place) => message === known[place]);
    if (same && Object.keys(changed).length === 0) return;
    const shown = same ? view.shown : known.slice(0, count);
    view = { ...view, shown, earlier: rows?.earlier ?? false, ...changed };
    for (const listener of listeners) listener();
  }

  /** What has to be read now, for the moment at which the picture is. */
  function wanted(): string | undefined {
    const ms = Math.max(0, Math.floor(playhead.ms()));
    const around = `?at=${ms}`;
    if (!rows || stale) return around;
    const { messages, earlier, later } = rows;
    const [first, last] = [messages[0], messages.at(-1)];
    if (!first || !last) return later || earlier ? around : undefined;
    if (earlier && first.atMs > ms) return around;
    if (earlier && owesEarlier) return `?before=${first.number}`;
    if (!later || messages.length - countUntil(messages, ms) >= leastAhead) return undefined;
    return last.atMs < ms ? around : `?after=${last.number}`;
  }

  async function follow(): Promise<void> {
    if (reading || over || timer) return;
    for (let query = wanted(); query !== undefined; query = wanted()) if (!(await take(query))) return;
  }

  async function take(query: string): Promise<boolean> {
    reading = true;
    stale = false;
    gone.clear();
    heardMore = false;
    try {
      const found = await read(chat, query);
      reading = false;
      if (over) return false;
      found.messages = withoutGone(found.messages, [...gone]);
      found.later ||= heardMore;
      rows = query.startsWith("?at") ? found : joined(rows!, found, query);
      // Read anew, or read: earlier ones are not owed any more.
      if (!query.startsWith("?after")) owesEarlier = false;
      show({ loading: false, failed: false });
      return true;
    } catch {
      reading = false;
      if (over) return false;
      stale ||= query.startsWith("?at");
      owesEarlier ||= query.startsWith("?before");
      show({ loading: false, failed: true });
      later(retryMs);
      return false;
    }
  }

  function later(ms: number) {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        void follow();
      },
      ms * (1 + Math.random()),
    );
  }

  const stop = playhead.subscribe(() => {
    show();
    void follow();
  });
  void follow();

  return {
    view: () => view,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async readEarlier() {
      const first = rows?.messages[0];
      if (!first || reading || !rows?.earlier) return;
      show({ loading: true });
      await take(`?before=${first.number}`);
    },
    /** Drops the first of too many. Only the last are looked at. */
    trim() {
      if (!rows || view.shown.length <= mostKept + 100) return;
      const first = view.shown.length - mostKept;
      rows = { ...rows, messages: rows.messages.slice(first), earlier: true };
      show();
    },
    /** What the page's socket tells of the chat. */
    hear(news: ChatNews) {
      if (news.type === "chat-gone") {
        for (const id of news.ids) gone.add(id);
        if (rows) rows = { ...rows, messages: withoutGone(rows.messages, news.ids) };
        return show();
      }
      if (news.type !== "chat" && news.type !== "chat-again") return;
      if (news.type === "chat") {
        const unknown = news.messages.filter(({ id }) => !isKnown(id));
        if (unknown.length === 0) return;
        // What is said now stands behind all that is known, and is read when the picture comes near it.
        const last = rows?.messages.at(-1)?.number ?? Infinity;
        if (rows && unknown.every(({ number }) => number > last)) {
          heardMore = true;
          if (rows.later) return;
          rows = { ...rows, later: true };
          return later(againMs);
        }
      }
      // Shown again, or something was missed: read anew, though not by everybody in one moment.
      stale = true;
      later(againMs);
    },
    close() {
      over = true;
      clearTimeout(timer);
      stop();
    },
  };

  function isKnown(id: string) {
    return rows?.messages.some((message) => message.id === id) ?? false;
  }
}

/** How many of them, which are in order, were said until `ms`. */
function countUntil(messages: readonly ReplayedMessage[], ms: number): number {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.atMs > ms) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Replies quote a message's text as it is now: none when it was deleted. */
const withoutGone = (messages: readonly ReplayedMessage[], ids: readonly string[]) =>
  messages
    .filter(({ id }) => !ids.includes(id))
    .map((message) =>
      message.replyTo && ids.includes(message.replyTo.id)
        ? { ...message, replyTo: { ...message.replyTo, text: "" } }
        : message,
    );

function joined(known: Rows, found: Rows, query: string): Rows {
  return query.startsWith("?after")
    ? { messages: [...known.messages, ...found.messages], earlier: known.earlier, later: found.later }
    : { messages: [...found.messages, ...known.messages], earlier: found.earlier, later: known.later };
}

async function readReplayed(chat: string, query: string): Promise<Rows> {
  const answer = await fetch(`${chat}/replay.json${query}`, {
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(15_000),
  });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return (await answer.json()) as Rows;
}
