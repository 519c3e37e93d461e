import type { ChatMessage, ChatNews } from "../page-messages.ts";
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
  /** Everything up to this number is here, or was deleted. */
  let completeTo = 0;
  let filling: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  function show(changed: Partial<ChatView> = {}) {
    const messages = [...known.values()].sort((a, b) => a.number - b.number);
    const top = pinned.filter(({ id }) => !gone.has(id));
    view = { ...view, messages, pinned: top, ...changed };
    for (const listener of listeners) listener();
  }

  function take(message: ChatMessage) {
    if (gone.has(message.id)) return;
    known.set(message.id, message);
    pinned = pinned.filter(({ id }) => id !== message.id);
    if (message.pinned) pinned = [message, ...pinned];
  }

  /** Counts on as far as there is no gap, and asks for what is missing behind it. */
  function count() {
    const numbers = new Set([...known.values()].map(({ number }) => number));
    while (numbers.has(completeTo + 1)) completeTo += 1;
    if (Math.max(0, ...numbers) > completeTo) fillSoon(fillAfterMs);
  }

  function fillSoon(ms: number) {
    // Many pages miss the same message, and do not all ask for it in one moment.
    filling ??= setTimeout(() => void fill(), ms * (1 + random()));
  }

  async function fill() {
    try {
      const { messages, more } = await read<Rows>(chat, `?after=${completeTo}`);
      filling = undefined;
      if (over) return;
      const newest = Math.max(completeTo, ...messages.map(({ number }) => number));
      messages.forEach(take);
      completeTo = newest;
      show({ failed: false });
      if (more) fillSoon(0);
    } catch {
      filling = undefined;
      if (over) return;
      show({ failed: true });
      fillSoon(retryMs);
    }
  }

  async function load(): Promise<void> {
    try {
      const first = await read<FirstRows>(chat);
      if (over) return;
      first.messages.forEach(take);
      pinned = first.pinned;
      completeTo = Math.max(completeTo, ...first.messages.map(({ number }) => number));
      show({ silence: first.silence, more: first.more, loading: null, failed: false });
    } catch {
      if (over) return;
      show({ failed: true });
      filling = setTimeout(() => {
        filling = undefined;
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

    /** A message that was said, from the service or as the answer to our own. */
    said(message: ChatMessage) {
      take({ ...message, mine: known.get(message.id)?.mine ?? message.mine });
      if (view.loading !== "first") count();
      show();
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
        known.delete(id);
      }
      show();
    },

    /** What the page socket says. */
    hear(news: ChatNews) {
      if (news.type === "chat-gone") return this.hide(news.ids);
      if (news.type === "chat-silenced") {
        const { until, reason } = news;
        return show({ silence: until ? { until, reason } : null });
      }
      for (const told of news.messages) {
        gone.delete(told.id);
        take({ ...told, mine: known.get(told.id)?.mine ?? [] });
      }
      if (view.loading !== "first") count();
      show();
    },

    /** After a silence of any kind: what was said meanwhile is asked for. */
    catchUp() {
      if (view.loading !== "first") fillSoon(fillAfterMs);
    },

    async older(): Promise<void> {
      const [first] = view.messages;
      if (!first || view.loading) return;
      show({ loading: "older" });
      try {
        const { messages, more } = await read<Rows>(chat, `?before=${first.number}`);
        messages.forEach(take);
        show({ more, loading: null, failed: false });
      } catch {
        show({ loading: null, failed: true });
      }
    },

    close() {
      over = true;
      clearTimeout(filling);
    },
  };
}
