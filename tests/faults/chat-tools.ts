import { randomUUID } from "node:crypto";
import { StreamChat } from "stream-chat";
import { WebSocket } from "ws";
import { insertMember, insertPeople, insertUser, signIn } from "#tests/factories.ts";
import type { Tools } from "./fault.ts";

type Answer = { ok: boolean; reason?: string; message?: string | { id: string }; waitSeconds?: number };

export type Hall = Awaited<ReturnType<typeof openHall>>;

/** A live stream with its people, who talk by our own addresses as the page's scripts do; the picture is not tried here. */
export async function openHall({ db, web, env }: Tools) {
  const cast = await insertPeople(db, { status: "live" });
  const second = await insertUser(db, { name: "Second moderator" });
  await insertMember(db, { spaceId: cast.space.id, userId: second.id, role: "moderator" });
  const { owner, host, moderator, viewer, stranger } = cast.people;
  const people = { owner, host, moderator, viewer, stranger, second };
  const cookies = new Map<string, string>();
  for (const [who, { id }] of Object.entries(people)) cookies.set(who, (await signIn(db, id)).cookie);
  const chat = `${cast.path}/chat`;
  const service = new StreamChat(env.STREAM_API_KEY ?? "", (env.STREAM_API_SECRET ?? "").split(",")[0], {
    baseURL: env.STREAM_URL,
    disableCache: true,
    warmUp: false,
  });
  type Who = keyof typeof people;
  const headers = (who: Who) => ({ cookie: cookies.get(who) ?? "", origin: web.url });

  /** Posts to an address below the chat's. A page's script waits for as long as it takes. */
  async function post(who: Who, to: string, form: Record<string, string> = {}) {
    const response = await fetch(`${web.url}${chat}/${to}`, {
      method: "POST",
      headers: { ...headers(who), accept: "application/json" },
      body: new URLSearchParams(form),
      redirect: "manual",
    });
    return { status: response.status, body: (await response.json()) as Answer };
  }

  return {
    ...cast,
    people,
    chat,
    service,
    post,
    async say(who: Who, text: string, id: string = randomUUID()) {
      return { id, ...(await post(who, "messages", { id, text })) };
    },
    /** What the page's script reads. */
    async list(who: Who): Promise<{ id: string; text: string }[]> {
      const response = await fetch(`${web.url}${chat}/messages.json`, { headers: headers(who) });
      return ((await response.json()) as { messages: { id: string; text: string }[] }).messages;
    },
    /** What a browser without scripts reads. */
    async frame(who: Who): Promise<string> {
      return (await fetch(`${web.url}${chat}`, { headers: headers(who) })).text();
    },
    /** An open page: what its socket was told, and when. */
    async page(who: Who) {
      const told: { at: number; message: Record<string, unknown> }[] = [];
      const query = new URLSearchParams({
        stream: cast.stream.id,
        tab: `tab-${randomUUID()}`,
        page: "watch",
      });
      const socket = new WebSocket(`${web.url.replace("http", "ws")}/events?${query}`, {
        headers: headers(who),
      });
      socket.on("message", (data: Buffer) =>
        told.push({ at: performance.now(), message: JSON.parse(data.toString()) as Record<string, unknown> }),
      );
      await new Promise<void>((resolve, reject) => {
        socket.once("message", () => resolve());
        socket.once("error", reject);
      });
      return { told, close: () => socket.close() };
    },
    /** The channel as the service has it. */
    async channel() {
      const row = await db
        .selectFrom("streaming_chat_rooms")
        .select("channel_id")
        .where("stream_id", "=", cast.stream.id)
        .executeTakeFirstOrThrow();
      return service.channel("frontrow_stream", row.channel_id);
    },
    rows: () =>
      db
        .selectFrom("streaming_chat_messages")
        .selectAll()
        .where("stream_id", "=", cast.stream.id)
        .orderBy("number")
        .execute(),
    acts: () =>
      db
        .selectFrom("moderation_acts")
        .select(["kind", "target_user_id"])
        .where("stream_id", "=", cast.stream.id)
        .orderBy("id")
        .execute(),
  };
}
