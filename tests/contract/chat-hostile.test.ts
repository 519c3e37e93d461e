import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Channel, StreamChat } from "stream-chat";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createChat } from "#app/services/chat.ts";
import { openChatStage, type Stage } from "./chat-stage.ts";

/**
 * What people can try with their own SDK and the key that every page shows, at a channel of the type that we make:
 * nothing is taken, and afterwards everything is as it was.
 */
let stage: Stage;
let chat: ReturnType<typeof createChat>;
let world: Awaited<ReturnType<typeof makeWorld>>;

beforeAll(async () => {
  stage = await openChatStage();
  chat = createChat({ apiKey: stage.apiKey, apiSecret: [stage.apiSecret], url: stage.url });
  expect(await chat.applySettings()).toEqual([]);
  world = await makeWorld();
});
afterAll(() => stage.close());

async function makeWorld() {
  const [viewer = "", moderator = "", removed = "", stranger = "", author = ""] = await stage.people(
    "viewer",
    "moderator",
    "removed",
    "stranger",
    "author",
  );
  const channel = await stage.channel({
    members: [viewer, moderator, removed, author],
    of: chat.channelType,
  });
  const other = await stage.channel({ members: [author], of: chat.channelType });
  const messageId = randomUUID();
  await chat.sendMessage(channel.id!, {
    id: messageId,
    number: 1,
    user: { id: author, name: "Author" },
    role: "viewer",
    text: "As it was",
    saidAt: new Date().toISOString(),
    replyTo: null,
  });
  // A banned person: out of the channel, with all tokens of before dead, as our server does it.
  const old = stage.token(removed);
  await chat.removeMembers(channel.id!, [removed]);
  await chat.revokeTokens(removed, new Date());
  await sleep(1_100);
  return { viewer, moderator, removed, stranger, author, channel, other, messageId, old };
}

/** Everything that a client can call which would change something, or read what is not its own. */
function attempts(client: StreamChat, own: Channel) {
  const { messageId, author, stranger, other } = world;
  const me = client.userID ?? client.user?.id ?? "";
  const foreign = client.channel(chat.channelType, other.id);
  foreign.initialized = true;
  own.initialized = true;
  return {
    "send a message": () => own.sendMessage({ text: "By myself" }),
    "send one as somebody else": () => own.sendMessage({ text: "As you", user_id: author } as never),
    "edit a message": () => client.updateMessage({ id: messageId, text: "Changed" } as never),
    "edit a part of one": () => client.partialUpdateMessage(messageId, { set: { text: "Changed" } } as never),
    "pin a message": () => client.partialUpdateMessage(messageId, { set: { pinned: true } } as never),
    "delete a message": () => client.deleteMessage(messageId),
    "delete one for good": () => client.deleteMessage(messageId, true),
    "restore one": () => client.undeleteMessage(messageId, me),
    "send a reaction": () => own.sendReaction(messageId, { type: "love" }),
    "say that it types": () => own.sendEvent({ type: "typing.start" } as never),
    "send an event of its own": () => own.sendEvent({ type: "party" } as never),
    "read another channel": () => foreign.query({ messages: { limit: 10 } }),
    "join another channel": () => foreign.addMembers([me]),
    "add a friend": () => own.addMembers([stranger]),
    "take somebody out": () => own.removeMembers([author]),
    "become a moderator": () => own.addModerators([me]),
    "assign itself a role": () => own.assignRoles([{ user_id: me, channel_role: "channel_moderator" }]),
    "become an admin": () => client.upsertUser({ id: me, role: "admin" }),
    "become one by a part": () => client.partialUpdateUser({ id: me, set: { role: "admin" } } as never),
    "rename somebody else": () => client.upsertUser({ id: author, name: "Fool" }),
    "make a channel": () => client.channel(chat.channelType, stage.id("invented")).query({}),
    "make one of a usual type": () => client.channel("messaging", stage.id("invented")).query({}),
    "change the channel": () => own.update({ name: "Mine" } as never),
    "freeze the channel": () => own.updatePartial({ set: { frozen: true } } as never),
    "set slow mode": () => own.enableSlowMode(60),
    "truncate the channel": () => own.truncate(),
    "delete the channel": () => own.delete(),
    "ban somebody": () => own.banUser(author, {}),
    "ban somebody from the app": () => client.banUser(author),
    "lift a ban": () => own.unbanUser(author),
    "change the type": () => client.updateChannelType(chat.channelType, { replies: true } as never),
    "read the app's settings": async () => {
      const { app } = await client.getAppSettings();
      if (app && "channel_configs" in app) throw new Error("taken");
      throw Object.assign(new Error(), { code: 17, status: 403 });
    },
  };
}

async function stateOfWorld() {
  const { channel, other, messageId } = world;
  const read = await channel.query({ messages: { limit: 50 }, members: { limit: 50 } } as never);
  const { message } = await stage.server.getMessage(messageId);
  return {
    messages: read.messages.map(({ id, text, type, pinned }) => ({
      id,
      text,
      type,
      pinned: Boolean(pinned),
    })),
    members: read.members.map(({ user_id, channel_role }) => `${user_id} ${channel_role}`).sort(),
    others: (await other.query({ members: { limit: 50 } } as never)).members.map(({ user_id }) => user_id),
    channel: {
      frozen: read.channel?.frozen,
      name: (read.channel as { name?: string } | undefined)?.name,
      cooldown: read.channel?.cooldown ?? 0,
    },
    message: [message?.text, message?.type, Boolean(message?.pinned), message?.reaction_groups ?? {}],
    bans: (await stage.server.queryBannedUsers({ channel_cid: channel.cid } as never)).bans?.length,
  };
}

describe.each(["viewer", "moderator", "stranger"] as const)("a %s's own SDK", (who) => {
  it("is refused everything but what it may read, and nothing has changed", async () => {
    const before = await stateOfWorld();
    const client = stage.caller(world[who]);
    const own = client.channel(chat.channelType, world.channel.id);
    const taken: string[] = [];
    for (const [what, attempt] of Object.entries(attempts(client, own))) {
      try {
        await attempt();
        taken.push(what);
      } catch (error) {
        const { status, response } = error as { status?: number; response?: { status: number } };
        const answer = status ?? response?.status ?? 0;
        if (answer < 400 || answer >= 500) taken.push(`${what}: ${answer}`);
      }
    }
    expect(taken).toEqual([]);
    expect(await stateOfWorld()).toEqual(before);
  });
});

describe("reading", () => {
  const read = (userId: string, token?: string) => {
    const channel = stage.caller(userId, token).channel(chat.channelType, world.channel.id);
    return channel.query({ messages: { limit: 10 } });
  };

  it("is for members alone", async () => {
    expect((await read(world.viewer)).messages.map(({ text }) => text)).toEqual(["As it was"]);
    await expect(read(world.stranger)).rejects.toMatchObject({ code: 17 });
  });

  it("ends with the removal, also with a token that was valid before, and with a new one", async () => {
    const { removed, old } = world;
    await expect(read(removed, old)).rejects.toMatchObject({ code: 40 });
    const now = Math.floor(Date.now() / 1000);
    const fresh = stage.server.createToken(removed, now + 600, now);
    await expect(read(removed, fresh)).rejects.toMatchObject({ code: 17 });
    const client = stage.caller(removed, fresh);
    await expect(client.getMessage(world.messageId)).rejects.toMatchObject({ code: 17 });
    expect(
      await client.queryChannels({ cid: { $in: [world.channel.cid] } } as never, [], { watch: false }),
    ).toEqual([]);
  });

  it("is for nobody without a token, and guests are not let in", async () => {
    const url = `${stage.url}/channels/${chat.channelType}/${world.channel.id}/query?api_key=${stage.apiKey}`;
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "stream-auth-type": "anonymous" },
      body: JSON.stringify({ messages: { limit: 5 }, state: true }),
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await answer.text()).not.toContain("As it was");
    const guest = new StreamChat(stage.apiKey, { baseURL: stage.url, allowServerSideConnect: true });
    await expect(guest.setGuestUser({ id: stage.id("guest") })).rejects.toThrow();
  });
});
