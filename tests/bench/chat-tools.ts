import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { admitToChat, type ChatPass } from "#app/domain/chat/admission.ts";
import { createChat } from "#app/services/chat.ts";
import { createLog } from "#app/services/log.ts";
import type { Db } from "#db/client.ts";
import type { Edition } from "#local/edition.ts";
import { insertGrant, insertPeople, insertUser, signIn } from "#tests/factories.ts";

/** Somebody in a chat: the cookie for our pages, and the pass for the chat service. */
export type Person = { id: string; cookie: string; pass: Extract<ChatPass, { ok: true }> };

/** Lets people who may be there into the chat of a stream. */
export function openChatDoor(edition: Edition, db: Db, streamId: string) {
  const { STREAM_API_KEY: apiKey, STREAM_API_SECRET: apiSecret, STREAM_URL: url } = edition.env;
  const chat = createChat({ apiKey, apiSecret: apiSecret.split(","), url });
  const log = createLog({ level: "silent", name: "web" });
  return async (id: string): Promise<Person> => {
    const { cookie } = await signIn(db, id);
    const pass = await admitToChat({ db, chat, log }, { streamId, userId: id });
    if (!pass?.ok) throw new Error("a person was not let into the chat");
    return { id, cookie, pass };
  };
}

/** A live stream's chat with a moderator and so many viewers in it. */
export async function openHall(edition: Edition, db: Db, count: number) {
  const cast = await insertPeople(db, { status: "live" });
  const admit = openChatDoor(edition, db, cast.stream.id);
  const moderator = await admit(cast.people.moderator.id);
  const viewers: Person[] = [];
  while (viewers.length < count) {
    const { id } = await insertUser(db);
    await insertGrant(db, { passId: cast.pass.id, userId: id });
    viewers.push(await admit(id));
  }
  return { ...cast, moderator, viewers, address: `${edition.url}${cast.path}/chat` };
}

/** Posts to an address of the chat as the page's script does. */
export async function post(address: string, { cookie }: Person, form: Record<string, string>) {
  const response = await fetch(address, {
    method: "POST",
    headers: { cookie, accept: "application/json", origin: new URL(address).origin },
    body: new URLSearchParams(form),
  });
  await response.body?.cancel();
  return response.ok;
}

/** Sends a message; gives its id, or undefined when it was refused. */
export async function say(address: string, person: Person, text: string) {
  const id = randomUUID();
  return (await post(`${address}/messages`, person, { id, text })) ? id : undefined;
}

/** A page's own socket, open; `onText` hears each of its messages. */
export async function openPage(
  edition: Edition,
  { streamId, cookie }: { streamId: string; cookie: string },
  onText: (text: string) => void,
): Promise<WebSocket> {
  const query = new URLSearchParams({ stream: streamId, tab: `tab-${randomUUID()}`, page: "watch" });
  const address = `${edition.url.replace(/^http/, "ws")}/events?${query}`;
  return opened(new WebSocket(address, { headers: { cookie, origin: edition.url } }), onText);
}

/** A person's socket at the chat service, watching the channel, over the wire that the SDK speaks. */
export async function watchChannel(
  { pass }: Person,
  onText: (text: string) => void,
): Promise<{ socket: WebSocket }> {
  const json = JSON.stringify({ user_id: pass.userId, user_details: { id: pass.userId } });
  const query = new URLSearchParams({
    json,
    api_key: pass.apiKey,
    authorization: pass.token,
    "stream-auth-type": "jwt",
  });
  let hello = "";
  const socket = await opened(
    new WebSocket(`${pass.url.replace(/^http/, "ws")}/connect?${query}`),
    (text) => {
      if (hello === "") hello = text;
      else onText(text);
    },
  );
  const { connection_id: connection } = JSON.parse(hello) as { connection_id?: string };
  if (!connection) throw new Error("the chat service did not let a client in");
  const asked = new URLSearchParams({
    api_key: pass.apiKey,
    user_id: pass.userId,
    connection_id: connection,
  });
  const answer = await fetch(`${pass.url}/channels/${pass.channelType}/${pass.channelId}/query?${asked}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "stream-auth-type": "jwt",
      authorization: pass.token,
    },
    body: JSON.stringify({ watch: true, state: true, messages: { limit: 1 } }),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`a client may not watch the channel (${answer.status})`);
  // As the SDK does every 25 s: who is silent for longer is taken for gone.
  const ping = setInterval(() => socket.send(JSON.stringify([{ type: "health.check" }])), 25_000);
  socket.once("close", () => clearInterval(ping));
  return { socket };
}

/** Resolves at its first message. */
export async function opened(socket: WebSocket, onText: (text: string) => void): Promise<WebSocket> {
  socket.on("message", (data: Buffer) => onText(data.toString()));
  await new Promise<void>((resolve, reject) => {
    socket.once("message", () => resolve());
    socket.once("error", reject);
    socket.once("close", (code) => reject(new Error(`a socket closed with ${code}`)));
  });
  return socket;
}
