import { randomBytes } from "node:crypto";
import { type Channel, type Event, StreamChat } from "stream-chat";
import { inject } from "vitest";

const real = process.env.STREAM_API_KEY && process.env.STREAM_API_SECRET;

/**
 * The chat service that the tests talk to: the real one when the key and secret of an empty app of its are given
 * (STREAM_API_KEY, STREAM_API_SECRET, and STREAM_URL for another of its regions), and the local server otherwise.
 */
export const isReal = Boolean(real);

/** A typical type of a chat in which people talk: what our own type switches off is on here. */
const talkative = {
  typing_events: true,
  read_events: true,
  connect_events: true,
  reactions: true,
  replies: true,
  mutes: true,
  max_message_length: 200,
  grants: {
    anonymous: [],
    guest: [],
    user: ["create-channel"],
    channel_member: [
      ...["read-channel", "create-message", "create-reaction", "delete-reaction-owner", "create-reply"],
      ...["update-message-owner", "delete-message-owner", "flag-message"],
    ],
    channel_moderator: [
      ...["read-channel", "create-message", "create-reaction", "create-reply", "delete-message"],
      ...["pin-message", "ban-channel-member", "update-channel-frozen", "update-channel-cooldown"],
      ...["skip-slow-mode", "truncate-channel"],
    ],
  },
};

export type Stage = Awaited<ReturnType<typeof openChatStage>>;

/** An app at the service with a channel type of its own, whose people and channels have names that nothing else has. */
export async function openChatStage() {
  const env = isReal ? process.env : inject("partsEnvironment");
  const { STREAM_API_KEY: apiKey = "", STREAM_API_SECRET: secret = "" } = env;
  const url = env.STREAM_URL || "https://chat.stream-io-api.com";
  const apiSecret = secret.split(",")[0] ?? "";
  const options = { baseURL: url, allowServerSideConnect: true, disableCache: true, warmUp: false };
  const server = new StreamChat(apiKey, apiSecret, options);
  const type = `contract_${randomBytes(5).toString("hex")}`;
  await server.createChannelType({ name: type, commands: [] } as never);
  await server.updateChannelType(type, talkative as never);
  const connected: StreamChat[] = [];
  const made: string[] = [];
  let count = 0;
  const id = (what: string) => `${what}_${type}_${(count += 1)}`;

  return {
    server,
    apiKey,
    apiSecret,
    url,
    type,
    id,
    /** People whom the service knows, by names of this run. */
    async people(...names: string[]): Promise<string[]> {
      const ids = names.map(id);
      await server.upsertUsers(ids.map((each, index) => ({ id: each, name: names[index] })));
      return ids;
    },
    /** A person's client with an open socket. */
    async connect(userId: string, token: string = tokenFor(userId)): Promise<StreamChat> {
      const client = new StreamChat(apiKey, options);
      connected.push(client);
      await client.connectUser({ id: userId }, token);
      return client;
    },
    /** A person's client without a socket, for calls alone. */
    caller(userId: string, token: string = tokenFor(userId)): StreamChat {
      const client = new StreamChat(apiKey, options);
      client._setToken({ id: userId }, token);
      client._setUser({ id: userId });
      return client;
    },
    token: tokenFor,
    /** A channel that the server makes, with these members. */
    async channel({
      members = [] as string[],
      moderators = [] as string[],
      of = type,
    } = {}): Promise<Channel> {
      const channelId = id("channel");
      await server.upsertUser({ id: "contract_server" });
      const channel = server.channel(of, channelId, { created_by_id: "contract_server" } as never);
      await channel.create();
      made.push(channel.cid);
      if (members.length > 0) await channel.addMembers(members);
      if (moderators.length > 0) await channel.addModerators(moderators);
      return channel;
    },
    async close() {
      await Promise.all(connected.map((client) => client.disconnectUser().catch(() => {})));
      if (made.length > 0) await server.deleteChannels(made, { hard_delete: true }).catch(() => {});
      if (!isReal) for (const cid of made) await remove(cid);
      await server.deleteChannelType(type).catch(() => {});
    },
  };

  function tokenFor(userId: string): string {
    const now = Math.floor(Date.now() / 1000);
    return server.createToken(userId, now + 3_600, now - 10);
  }

  async function remove(cid: string) {
    const [of = "", channelId = ""] = cid.split(":");
    await server
      .channel(of, channelId)
      .delete()
      .catch(() => {});
  }
}

/** The next event of a type that passes, or a failure after ten seconds. Listens from the moment it is called. */
export function nextEvent(
  from: StreamChat | Channel,
  type: string,
  passes: (event: Event) => boolean = () => true,
): Promise<Event> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${type} within 10 s`)), 10_000);
    const { unsubscribe } = (from as StreamChat).on(
      type as never,
      ((event: Event) => {
        if (!passes(event)) return;
        clearTimeout(timer);
        unsubscribe();
        resolve(event);
      }) as never,
    );
  });
}

/** Code and status of the refusal that a call ends with; a failure when it is taken. Never the error: it holds a token. */
export async function refusal(call: Promise<unknown>): Promise<{ code: number; status: number }> {
  try {
    await call;
  } catch (error) {
    const { code, status, response } = error as {
      code: number;
      status?: number;
      response?: { status: number };
    };
    return { code, status: status ?? response?.status ?? 0 };
  }
  throw new Error("it was taken");
}
