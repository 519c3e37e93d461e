import { randomUUID } from "node:crypto";
import type { BrowserContext } from "@playwright/test";
import { StreamChat } from "stream-chat";

type Pass = {
  url: string;
  apiKey: string;
  userId: string;
  token: string;
  channelType: string;
  channelId: string;
};

type Refusal = Error & { status?: number; response?: { status: number } };

/**
 * The chat service's own SDK with the token that a page was given, in the name of a signed-in browser: it reads the channel of
 * the stream at `address` over a socket that it never closes. Rejects where no token is given.
 */
export async function openHostileChat(
  profile: BrowserContext,
  { url, address }: { url: string; address: string },
) {
  const headers = { origin: new URL(url).origin };
  const given = await profile.request.post(`${url}${address}/chat/pass`, { headers });
  if (!given.ok()) throw new Error(`no chat token was given (${given.status()})`);
  const pass = (await given.json()) as Pass;
  const clients: StreamChat[] = [];
  const heard: string[] = [];
  const first = await connect();
  first.on("message.new", ({ message }) => void heard.push(message?.text ?? ""));
  await channelOf(first).watch();

  async function connect() {
    const options = { baseURL: pass.url, allowServerSideConnect: true, disableCache: true, warmUp: false };
    const client = new StreamChat(pass.apiKey, options);
    clients.push(client);
    await client.connectUser({ id: pass.userId }, pass.token);
    return client;
  }
  function channelOf(client: StreamChat) {
    return client.channel(pass.channelType, pass.channelId);
  }

  /** "done", or the status of the refusal. */
  async function attempt(what: () => Promise<unknown>): Promise<number | "done"> {
    try {
      await what();
      return "done";
    } catch (error) {
      const { status, response, message } = error as Refusal;
      // Of a socket the SDK says it in JSON.
      const ofSocket = /"StatusCode":(\d+)/.exec(message)?.[1];
      const said = status ?? response?.status ?? (ofSocket && Number(ofSocket));
      if (!said) throw error;
      return said;
    }
  }

  return {
    /** What its socket was told that people said. */
    heard,
    /** The same token again: on a new socket to read the channel, on the first one to read and write, and at our own addresses. */
    async tryAgain() {
      const form = { id: randomUUID(), text: "From a script" };
      const post = (to: string) => profile.request.post(`${url}${address}/chat/${to}`, { headers, form });
      return {
        "read on a new socket": await attempt(async () => channelOf(await connect()).watch()),
        read: await attempt(() => channelOf(first).query({ messages: { limit: 10 } })),
        write: await attempt(() => channelOf(first).sendMessage({ text: "From a script" })),
        "write by us": (await post("messages")).status(),
        "a new token": (await post("pass")).status(),
      };
    },
    async close() {
      await Promise.all(clients.map((client) => client.disconnectUser().catch(() => {})));
    },
  };
}
