import { useEffect, useMemo, useRef } from "react";
import {
  type Channel as StreamChannel,
  type Event,
  type LocalMessage,
  type MessageResponse,
  StreamChat,
} from "stream-chat";
import { Channel, Chat, useChannelActionContext, useChannelStateContext } from "stream-chat-react";
import type { ChatMessage } from "../page-messages.ts";
import type { ChatLog } from "./chat-log.ts";
import type { NotTaken, Settled, Unsent } from "./outbox.ts";
import { type ChatPass, post } from "./requests.ts";
import type { Carrier, OnOutbox } from "./use-service.client.ts";
import { sendMessage } from "./use-outbox.client.ts";

/** What our server puts into each message beside its text (`app/services/chat.ts`). */
type Custom = {
  number?: number;
  role?: ChatMessage["role"];
  name?: string;
  said_at?: string;
  reply_to?: string;
};

/** The way to the stream's channel, once it is open. */
export type Joined = {
  Carrier: Carrier;
  channelId: string;
  /** Goes to another channel, to which the chat has moved. Rejects when it cannot be read. */
  move: (channelId: string) => Promise<Carrier>;
  leave: () => void;
};

/**
 * Connects to the stream's channel at the chat service and tells the log what happens there. `onLost` is called when the
 * channel is no longer ours to read. Rejects when there is no pass, or no connection. Errors of the SDK hold the token:
 * none of them is shown or logged.
 */
export async function joinService(address: string, log: ChatLog, onLost: () => void): Promise<Joined> {
  const first = await passFor(address);
  const client = new StreamChat(first.apiKey, { baseURL: first.url, timeout: 8_000 });
  let pass: ChatPass | null = first;
  // The first one is used at once; later ones are asked for, and with them the decision.
  const token = async () => {
    const mine = pass ?? (await passFor(address));
    pass = null;
    return mine.token;
  };
  const heard: { unsubscribe: () => void }[] = [];
  let channel: StreamChannel | undefined;
  let hearing: { unsubscribe: () => void } | undefined;

  async function move(channelId: string): Promise<Carrier> {
    const mine = client.channel(first.channelType, channelId);
    await mine.watch();
    hearing?.unsubscribe();
    hearing = mine.on((event) => tell(log, event, first.userId));
    channel = mine;
    for (const message of mine.state.messages) tellMessage(log, message, first.userId);
    return carrierFor(client, mine, address, log);
  }

  function leave() {
    hearing?.unsubscribe();
    for (const { unsubscribe } of heard) unsubscribe();
    void client.disconnectUser().catch(() => {});
  }

  try {
    await client.connectUser({ id: first.userId, name: first.name }, token);
    for (const type of [
      "notification.removed_from_channel",
      "channel.deleted",
      "notification.channel_deleted",
    ] as const)
      heard.push(client.on(type, ({ cid }) => cid === channel?.cid && onLost()));
    heard.push(client.on("connection.recovered", () => log.catchUp()));
    return { Carrier: await move(first.channelId), channelId: first.channelId, move, leave };
  } catch (error) {
    leave();
    throw error;
  }
}

async function passFor(address: string): Promise<ChatPass> {
  const pass = await post<ChatPass>(address, "pass");
  if (!pass.ok) throw new Error(`no pass: ${pass.reason}`);
  return pass;
}

/** What is deleted, restored or pinned is told by our page socket, and not believed from here. */
function tell(log: ChatLog, { type, message }: Event, userId: string) {
  if (!message) return;
  if (type === "message.new") tellMessage(log, message, userId);
  if (type.startsWith("reaction.")) log.reacted(message.id, countsOf(message), mineOf(message, userId));
}

function tellMessage(log: ChatLog, message: MessageResponse | LocalMessage, userId: string) {
  const { number, role, name, said_at, reply_to } = message as Custom;
  // One without a number is not ours: it was never taken by our server.
  if (number === undefined || message.type === "deleted" || !message.user) return;
  log.told(
    {
      id: message.id,
      number,
      userId: message.user.id,
      // Not the name that the service has of the person, which is theirs to change there.
      name: name ?? "",
      role: role ?? "viewer",
      text: message.text ?? "",
      saidAt: said_at ?? String(message.created_at),
      pinned: message.pinned ?? false,
      reactions: countsOf(message),
      mine: mineOf(message, userId),
    },
    reply_to ?? null,
  );
}

const countsOf = ({ reaction_groups }: MessageResponse | LocalMessage): Record<string, number> =>
  Object.fromEntries(Object.entries(reaction_groups ?? {}).map(([kind, { count }]) => [kind, count]));

function mineOf(
  { own_reactions, latest_reactions }: MessageResponse | LocalMessage,
  userId: string,
): string[] {
  const all = [...(own_reactions ?? []), ...(latest_reactions ?? [])];
  return [...new Set(all.filter(({ user_id }) => user_id === userId).map(({ type }) => type))];
}

/** Hands on the way by which the SDK sends, which ends at our action; what it sends is in its channel at once. */
function carrierFor(client: StreamChat, channel: StreamChannel, address: string, log: ChatLog): Carrier {
  const refusals = new Map<string, NotTaken>();
  const underway = new Map<string, Promise<Settled>>();

  /** In the place of the SDK's own request: no client of the chat service may send. */
  async function send(_: StreamChannel, { id = "", text = "", ...message }: { id?: string; text?: string }) {
    const { reply_to } = message as Custom;
    const sending = sendMessage(address, { id, text, replyTo: reply_to ?? null });
    underway.set(
      id,
      sending.then((done) => (done.ok ? "taken" : done.reason === "network" ? "failed" : "refused")),
    );
    const done = await sending;
    if (done.ok) {
      log.said(done.message);
      return { message: { id, text, cid: channel.cid, ...outgoing(done.message) } } as never;
    }
    if (done.reason !== "network")
      refusals.set(id, { text, message: done.message, waitSeconds: done.waitSeconds });
    throw new Error(done.reason);
  }

  function Inside({ onOutbox }: { onOutbox: OnOutbox }) {
    const { messages = [] } = useChannelStateContext();
    const { sendMessage: begin, removeMessage } = useChannelActionContext();
    const unsent = useMemo(
      () => messages.flatMap((message) => toUnsent(message, underway) ?? []),
      [messages],
    );

    async function deliver({ id, text, replyTo }: Unsent): Promise<NotTaken | undefined> {
      const message = { id, text, ...(replyTo ? { reply_to: replyTo } : {}) };
      const at = new Date();
      const localMessage = {
        ...message,
        ...{
          type: "regular",
          user: client.user,
          created_at: at,
          updated_at: at,
          deleted_at: null,
          pinned_at: null,
        },
        ...{ status: "sending", attachments: [], mentioned_users: [], reaction_groups: null },
      } as unknown as LocalMessage;
      await begin({ localMessage, message: message as never });
      const refusal = refusals.get(id);
      refusals.delete(id);
      if (refusal) removeMessage(localMessage);
      return refusal;
    }

    const latest = useRef(deliver);
    latest.current = deliver;
    useEffect(() => {
      onOutbox({
        unsent,
        send: ({ text, replyTo }) =>
          latest.current({ id: crypto.randomUUID(), text, replyTo, state: "sending" }),
        retry: (message) => void latest.current(message),
        discard: ({ id }) => removeMessage({ id } as LocalMessage),
      });
      // eslint-disable-next-line react-hooks/exhaustive-deps -- only what is unsent is shown
    }, [unsent, onOutbox]);
    useEffect(() => () => onOutbox(null), [onOutbox]);
    return null;
  }

  return function Carried({ onOutbox }) {
    return (
      <Chat client={client}>
        <Channel channel={channel} doSendMessageRequest={send} markReadOnMount={false}>
          <Inside onOutbox={onOutbox} />
        </Channel>
      </Chat>
    );
  };
}

const outgoing = ({ number, role, name, saidAt, replyTo }: ChatMessage) => ({
  ...{ number, role, name, said_at: saidAt, created_at: saidAt, updated_at: saidAt, type: "regular" },
  ...(replyTo ? { reply_to: replyTo.id } : {}),
});

function toUnsent(message: LocalMessage, underway: Map<string, Promise<Settled>>): Unsent | undefined {
  const { status, id, text = "" } = message;
  if (status !== "sending" && status !== "failed") return undefined;
  const { reply_to } = message as Custom;
  return { id, text, replyTo: reply_to ?? null, state: status, settled: () => underway.get(id) };
}
