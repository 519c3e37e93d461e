import { randomUUID } from "node:crypto";
import type { KyselyPlugin } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sayMessage } from "#app/domain/chat/say.ts";
import { deleteMessage, restoreMessage } from "#app/domain/moderation/messages.ts";
import type { Hall } from "#app/server/page-socket-hall.ts";
import { createChatNews } from "#app/server/page-socket-chat.ts";
import { insertPeople } from "#tests/factories.ts";
import { openTestServices } from "./setup.ts";

let opened: Awaited<ReturnType<typeof openTestServices>>;
beforeAll(async () => {
  opened = await openTestServices();
});
afterAll(() => opened.close());

/** A database whose answers wait for `open`, after they were read. */
function late() {
  let open = () => {};
  const opens = new Promise<void>((resolve) => (open = resolve));
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      asked();
      await opens;
      return result;
    },
  };
  return { db: opened.db.withPlugin(plugin), open, isAsked };
}

it("shows nothing that was deleted while it was being read, and shows it when it is restored", async () => {
  const { people, stream } = await insertPeople(opened.db, { status: "live" });
  const [streamId, userId] = [stream.id, people.host.id];
  const [id, other] = [randomUUID(), randomUUID()];
  await sayMessage(opened.db, { streamId, userId, id, text: "Bad words" });
  await sayMessage(opened.db, { streamId, userId, id: other, text: "Good words" });
  const heard: unknown[] = [];
  const socket = {
    readyState: 1,
    OPEN: 1,
    bufferedAmount: 0,
    send: (text: string) => heard.push(JSON.parse(text)),
  };
  const person = { userId, seats: new Set<unknown>(), access: { mayWatch: true } };
  person.seats.add({ socket, person });
  const hall = { rooms: new Map([[streamId, { streamId, people: new Map([[userId, person]]) }]]) };
  const { db, open, isAsked } = late();
  const news = createChatNews({ db, log: opened.services.log }, hall as unknown as Hall);

  news.chat({ kind: "chat", streamId, shown: [id] });
  await isAsked;
  const by = { streamId, messageId: id, actorId: userId };
  expect(await deleteMessage(opened.services, by)).toMatchObject({ ok: true });
  news.chat({ kind: "chat", streamId, gone: [id] });
  open();
  news.chat({ kind: "chat", streamId, shown: [other] });
  await expect.poll(() => heard.length).toBe(2);
  expect(await restoreMessage(opened.services, by)).toMatchObject({ ok: true });
  news.chat({ kind: "chat", streamId, shown: [id] });
  await expect.poll(() => heard.length).toBe(3);
  expect(heard).toMatchObject([
    { type: "chat-gone", ids: [id] },
    { type: "chat", messages: [{ id: other }] },
    { type: "chat", messages: [{ id, text: "Bad words" }] },
  ]);
});
