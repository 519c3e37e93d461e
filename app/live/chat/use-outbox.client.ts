import { useRef, useState } from "react";
import type { ChatMessage } from "../page-messages.ts";
import type { ChatLog } from "./chat-log.ts";
import type { NotTaken, Outbox, Unsent } from "./outbox.ts";
import { post } from "./requests.ts";

/** Sends by ourselves: for as long as the chat service's client is not here. */
export function useOutbox(
  address: string,
  log: ChatLog,
): Outbox & { adopt: (left: readonly Unsent[]) => void } {
  const [unsent, setUnsent] = useState<Unsent[]>([]);
  const set = useRef(setUnsent);

  const fail = (id: string) =>
    set.current((all) => all.map((each) => (each.id === id ? { ...each, state: "failed" } : each)));
  const drop = (id: string) => set.current((all) => all.filter((each) => each.id !== id));

  async function deliver(message: Unsent): Promise<NotTaken | undefined> {
    const { id, text } = message;
    set.current((all) => [...all.filter((each) => each.id !== id), { ...message, state: "sending" }]);
    const done = await sendMessage(address, message);
    if (!done.ok && done.reason === "network") {
      fail(id);
      return undefined;
    }
    drop(id);
    if (!done.ok) return { text, message: done.message, waitSeconds: done.waitSeconds };
    log.said(done.message);
    return undefined;
  }

  return {
    unsent,
    send: ({ text, replyTo }) => deliver({ id: crypto.randomUUID(), text, replyTo, state: "sending" }),
    retry: (message) => void deliver(message),
    /** What the service's client had not sent when it went: it arrives still, or can be tried again from here. */
    adopt(left) {
      const ids = new Set(left.map(({ id }) => id));
      const adopted = left.map((each) => (each.settled?.() ? each : { ...each, state: "failed" as const }));
      setUnsent((all) => [...all.filter(({ id }) => !ids.has(id)), ...adopted]);
      for (const { id, settled } of adopted)
        void settled?.()?.then((how) => (how === "failed" ? fail(id) : drop(id)));
    },
    discard: ({ id }) => drop(id),
  };
}

/** The one action that takes every message. The id is ours, so that a second try is the same message. */
export function sendMessage(address: string, { id, text, replyTo }: Pick<Unsent, "id" | "text" | "replyTo">) {
  return post<{ message: ChatMessage }>(address, "messages", { id, text, ...(replyTo ? { replyTo } : {}) });
}
