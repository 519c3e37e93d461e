import type { ChatMessage, ChatNews } from "../page-messages.ts";
import { shortened } from "./chat-words.ts";
import { type FirstRows, readRows, type Rows } from "./requests.ts";

/** What is known of the chat: everything that may be shown, oldest first. */
export type ChatView = {
  messages: readonly ChatMessage[];
  pinned: readonly ChatMessage[];
  silence: { until: string; reason: string } | null;
  /** Older messages are there to be read. */
  more: boolean;
  loading: "first" | "older" | null;
  /** The rows could not be read; it is tried again. */
  failed: boolean;
};

const fillAfterMs = 400;
const retryMs = 4_000;
/** So many messages are kept where nobody reads the older ones; they can be read again. */
const keptAtEnd = 300;
const droppedFrom = 400;
/** What is read again after a silence goes back as far as what is shown, and so many pages at most. */
const mostPagesAgain = 5;

export type ChatLog = ReturnType<typeof createChatLog>;

/**
 * Keeps a chat's messages, wherever they come from: our rows, the page socket, the chat service. Each stands once, by its
 * id, in the order of its number. A number that is missed (the service thins events out in large channels) is asked for
 * from our rows. What was deleted stays away, whatever the service says, until we show it again.
 */
export function createChatLog(
  chat: string,
  { read = readRows, random = Math.random }: { read?: typeof readRows; random?: () => number } = {},
) {
  const known = new Map<string, ChatMessage>();
  const gone = new Set<string>();
  const listeners = new Set<() => void>();
  let pinned: ChatMessage[] = [];
  let view: ChatView = {
    ...{ messages: [], pinned: [], silence: null, more: false, loading: "first", failed: false },
  };
  /** Everything from this number on, up to `completeTo`, is here, or was deleted. */
  let floor = 0;
  let completeTo = 0;
  /** The service told a message that only our rows can complete. */
  let wantedTo = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  /** While rows are being read, there was a reason to read them once more. */
  let once = false;
  /** Not only what is new has to be read, but also what has become of the rest. */
  let all = false;
  /** What was deleted while rows were on their way, which may still have it. */
  let goneMeanwhile = new Set<string>();
  let over = false;

  function show(changed: Partial<ChatView> = {}) {
    const messages = [...known.values()].sort((a, b) => a.number - b.number);
    const top = pinned.filter(({ id }) => !gone.has(id));
    view = { ...view, messages, pinned: top, ...changed };
    for (const listener of listeners) listener();
  }

  function take(message: ChatMessage) {
    if (gone.has(message.id)) return;
    // An old one, which was pinned or shown again, has its place among those that are not read yet.
    if (message.number >= floor) known.set(message.id, message);
    pinned = pinned.filter(({ id }) => id !== message.id);
    if (message.pinned) pinned = [message, ...pinned];
  }

  /** What replies quote of a message is its text now: none when it was deleted. */
  function quote(id: string, text: string) {
    for (const [key, message] of known)
      if (message.replyTo?.id === id)
        known.set(key, { ...message, replyTo: { ...message.replyTo, text: shortened(text) } });
  }

  /** Counts on as far as there is no gap, and asks for what is missing behind it. */
  function count() {
    const numbers = new Set([...known.values()].map(({ number }) => number));
    while (numbers.has(completeTo + 1)) completeTo += 1;
    if (Math.max(wantedTo, ...numbers) > completeTo) fillSoon(fillAfterMs);
  }

  function fillSoon(ms: number) {
    if (reading) once = true;
    // Many pages miss the same message, and do not all ask for it in one moment.
    else timer ??= setTimeout(() => void fill(), ms * (1 + random()));
  }

  async function fill() {
    const again = all;
    timer = undefined;
    reading = true;
    once = all = false;
    goneMeanwhile = new Set();
    try {
      const more = again ? await readAgain() : await readNew();
      reading = false;
      if (over) return;
      show({ failed: false });
      if (more || once) fillSoon(more ? 0 : fillAfterMs);
      else count();
    } catch {
      reading = false;
      if (over) return;
      all ||= again;
      show({ failed: true });
      fillSoon(retryMs);
    }
  }

  async function readNew(): Promise<boolean> {
    const { messages, more } = await read<Rows>(chat, `?after=${completeTo}`);
    completeTo = Math.max(completeTo, ...messages.map(({ number }) => number));
    // Rows are behind nothing that the service tells: what they do not have was deleted.
    if (!more) completeTo = Math.max(completeTo, wantedTo);
    messages.forEach(take);
    return more;
  }

  /** Reads what is shown once more, from its end: what our rows no longer show is gone. */
  async function readAgain(): Promise<boolean> {
    const knownTo = completeTo;
    const first = await read<FirstRows>(chat);
    let { messages: rows, more } = first;
    for (let pages = 1; more && pages < mostPagesAgain && rows[0] && rows[0].number > floor; pages += 1) {
      const older = await read<Rows>(chat, `?before=${rows[0].number}`);
      rows = [...older.messages, ...rows];
      more = older.more;
    }
    const shown = new Set(rows.map(({ id }) => id));
    const newest = Math.max(knownTo, ...rows.map(({ number }) => number));
    for (const { id, number } of known.values()) if (number <= newest && !shown.has(id)) known.delete(id);
    for (const { id } of [...rows, ...first.pinned]) if (!goneMeanwhile.has(id)) gone.delete(id);
    floor = more ? (rows[0]?.number ?? 0) : 0;
    completeTo = newest;
    rows.forEach(take);
    pinned = first.pinned;
    show({ silence: first.silence, more });
    return false;
  }

  async function load(): Promise<void> {
    try {
      const first = await read<FirstRows>(chat);
      if (over) return;
      floor = first.more ? (first.messages[0]?.number ?? 0) : 0;
      first.messages.forEach(take);
      pinned = first.pinned;
      completeTo = Math.max(completeTo, ...first.messages.map(({ number }) => number));
      show({ silence: first.silence, more: first.more, loading: null, failed: false });
      count();
    } catch {
      if (over) return;
      show({ failed: true });
      timer = setTimeout(() => {
        timer = undefined;
        void load();
      }, retryMs);
    }
  }

  void load();
  return {
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    view: () => view,

    /** A message that was said, as our server answers it. */
    said(message: ChatMessage) {
      if (known.has(message.id) || (view.loading !== "first" && message.number <= completeTo)) return;
      take(message);
      if (view.loading !== "first") count();
      show();
    },

    /**
     * A message that was said, as the chat service tells it: with the id of what it replies to, whose words are ours to
     * tell. Where they are not here, our rows are asked for the whole.
     */
    told(message: Omit<ChatMessage, "replyTo">, replyTo: string | null) {
      const to = replyTo === null ? undefined : known.get(replyTo);
      if (replyTo === null || to) return this.said({ ...message, replyTo: to ? quoteOf(to) : null });
      wantedTo = Math.max(wantedTo, message.number);
      if (view.loading !== "first") count();
    },

    /** How people reacted, as the service tells it. */
    reacted(id: string, reactions: Record<string, number>, mine?: string[]) {
      const message = known.get(id);
      if (!message) return;
      known.set(id, { ...message, reactions, mine: mine ?? message.mine });
      show();
    },

    hide(ids: string[]) {
      for (const id of ids) {
        gone.add(id);
        goneMeanwhile.add(id);
        known.delete(id);
        quote(id, "");
      }
      show();
    },

    /** What the page socket says. */
    hear(news: ChatNews) {
      if (news.type === "chat-gone") return this.hide(news.ids);
      if (news.type === "chat-again") return this.readAgain();
      if (news.type === "chat-silenced") {
        const { until, reason } = news;
        return show({ silence: until ? { until, reason } : null });
      }
      for (const told of news.messages) {
        gone.delete(told.id);
        take({ ...told, mine: known.get(told.id)?.mine ?? [] });
        quote(told.id, told.text);
      }
      if (view.loading !== "first") count();
      show();
    },

    /** After a silence of the chat service: what was said meanwhile is asked for. */
    catchUp() {
      if (view.loading !== "first") fillSoon(fillAfterMs);
    },

    /** After a silence of ours, in which messages may also have been deleted: everything that is shown is read again. */
    readAgain() {
      all = true;
      this.catchUp();
    },

    async older(): Promise<void> {
      if (view.loading || !view.more) return;
      show({ loading: "older" });
      try {
        goneMeanwhile = new Set();
        const { messages, more } = await read<Rows>(chat, `?before=${floor}`);
        floor = more ? (messages[0]?.number ?? floor) : 0;
        messages.forEach(take);
        show({ more, loading: null, failed: false });
      } catch {
        show({ loading: null, failed: true });
      }
    },

    /** Lets go of the oldest, while only the newest are looked at. */
    trim() {
      if (known.size < droppedFrom || view.loading) return;
      const kept = view.messages.slice(-keptAtEnd);
      floor = kept[0]?.number ?? floor;
      for (const { id, number } of view.messages) if (number < floor) known.delete(id);
      show({ more: true });
    },

    close() {
      over = true;
      clearTimeout(timer);
    },
  };
}

const quoteOf = ({ id, name, text }: ChatMessage) => ({ id, name, text: shortened(text) });
