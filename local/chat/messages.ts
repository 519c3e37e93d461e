import { randomUUID } from "node:crypto";
import {
  actorOf,
  type Call,
  channelOf,
  customOf,
  type Handler,
  idsOf,
  listOf,
  messageOf,
  objectOf,
  tellChannel,
  tellUser,
  textOf,
} from "./call.ts";
import { badInput, ChatError, notAllowed, notFound } from "./chat-error.ts";
import { cut } from "./channels.ts";
import type { Channel, Fields, Message } from "./objects.ts";
import { demand, may } from "./permissions.ts";
import { messageShape, userShape } from "./shapes.ts";

const known = [
  ...[
    "id",
    "cid",
    "text",
    "html",
    "mml",
    "type",
    "user",
    "user_id",
    "attachments",
    "mentioned_users",
    "latest_reactions",
  ],
  ...[
    "own_reactions",
    "reaction_counts",
    "reaction_scores",
    "reaction_groups",
    "reply_count",
    "deleted_reply_count",
  ],
  ...[
    "silent",
    "shadowed",
    "pinned",
    "pinned_at",
    "pinned_by",
    "pin_expires",
    "created_at",
    "updated_at",
    "deleted_at",
  ],
  ...[
    "parent_id",
    "show_in_channel",
    "quoted_message_id",
    "quoted_message",
    "thread_participants",
    "status",
    "error",
  ],
  ...[
    "command",
    "i18n",
    "before_message_send_failed",
    "message_text_updated_at",
    "poll_id",
    "restricted_visibility",
  ],
];
const banned =
  "Sorry, you do not have access to this feature. Your account is currently suspended from chat.";

/** POST …/message. A frozen channel is answered with a message of type `error` that is not kept, and 2xx (the SDK's old integration tests). */
export const sendMessage: Handler = (call) => {
  const { world, body, caller } = call;
  const what = "SendMessage";
  const channel = channelOf(call, what);
  const given = objectOf(body.message);
  const parent = textOf(given.parent_id);
  demand(world, channel, caller, { resource: parent ? "create-reply" : "create-message", what });
  if (
    channel.frozen &&
    !caller.server &&
    !(caller.user && may(world, channel, caller.user, "use-frozen-channel"))
  )
    return { message: errorMessage(call, channel, given) };
  if (!caller.server) demandVoice(call, channel);
  const message = putMessage(call, channel, given, "regular");
  return { message: messageShape(world, message, message.user_id) };
};

/** Nobody speaks who is banned, or who spoke less than the channel's cooldown ago. */
function demandVoice({ world, caller }: Call, channel: Channel) {
  const { user } = caller;
  if (!user) return;
  const ban = world.findBan(user.id, channel.cid);
  if (ban && !ban.shadow) throw notAllowed("SendMessage", banned);
  if (channel.cooldown <= 0 || may(world, channel, user, "skip-slow-mode")) return;
  const last = world.messagesOf(channel.cid).findLast(({ user_id }) => user_id === user.id);
  if (last && Date.now() - Date.parse(last.created_at) < channel.cooldown * 1000)
    throw new ChatError(60, 'SendMessage failed with error: "Slow mode is enabled: please wait"');
}

function errorMessage(call: Call, channel: Channel, given: Fields): Fields {
  const at = call.world.now();
  const { user } = call.caller;
  return {
    ...messageShape(call.world, {
      ...blank(channel, textOf(given.id) || randomUUID(), user?.id ?? "", at),
      text: "Sorry, this channel has been frozen by the admin",
    }),
    type: "error",
  };
}

const blank = (channel: Channel, id: string, userId: string, at: string): Message => ({
  ...{
    id,
    cid: channel.cid,
    user_id: userId,
    text: "",
    type: "regular",
    attachments: [],
    mentioned_users: [],
  },
  ...{ silent: false, shadowed: false, pinned: false, created_at: at, updated_at: at, custom: {} },
});

/** Makes a message, keeps it, and tells those who watch. Throws code 4 for an id that is taken, 20 for a text that is too long. */
export function putMessage(call: Call, channel: Channel, given: Fields, type: "regular" | "system"): Message {
  const { world, hub, caller } = call;
  const what = "SendMessage";
  const config = world.types.get(channel.type);
  const user = actorOf(call, what, given);
  const text = textOf(given.text);
  const attachments = listOf(given.attachments);
  const parent = textOf(given.parent_id);
  if (text.trim() === "" && attachments.length === 0)
    throw badInput(what, "either text, html or attachments is required");
  if ([...text].length > (config?.max_message_length ?? 5000))
    throw new ChatError(20, `${what} failed with error: "message text is too long: ${[...text].length}"`);
  if (parent && config?.replies !== true)
    throw new ChatError(19, `${what} failed with error: "replies are disabled"`);
  const replied = parent ? world.messages.get(parent) : undefined;
  if (parent && replied?.cid !== channel.cid)
    throw badInput(what, "parent_id is not a message of this channel");
  const id = textOf(given.id) || randomUUID();
  if (id.length > 255) throw badInput(what, "message.id is too long");
  if (world.messages.has(id)) throw badInput(what, `a message with ID ${id} already exists`);
  const at = world.now();
  const ban = world.findBan(user.id, channel.cid);
  const pinned = given.pinned === true;
  if (pinned) demand(world, channel, caller, { resource: "pin-message", what });
  const message: Message = {
    ...blank(channel, id, user.id, at),
    ...{ text, attachments, type: type === "system" ? type : parent ? "reply" : "regular" },
    ...(parent ? { parent_id: parent, show_in_channel: given.show_in_channel === true } : {}),
    ...(given.quoted_message_id ? { quoted_message_id: textOf(given.quoted_message_id) } : {}),
    mentioned_users: idsOf(given.mentioned_users).filter((each) => world.users.has(each)),
    silent: given.silent === true,
    shadowed: ban?.shadow === true,
    ...(pinned ? { pinned, pinned_at: at, pinned_by: user.id } : {}),
    custom: customOf(given, known),
  };
  world.saveMessage(message);
  if (!message.silent && type === "regular") channel.last_message_at = at;
  world.saveChannel(channel);
  if (message.shadowed) return message;
  const reads = config?.read_events === true;
  const event = {
    ...{
      type: "message.new",
      message: messageShape(world, message),
      message_id: id,
      user: userShape(world, user.id),
    },
    watcher_count: hub.watcherIds(channel.cid).length,
  };
  tellChannel(call, channel, event);
  for (const member of world.membersOf(channel.cid).values()) {
    const { user_id } = member;
    if (reads && user_id !== user.id && !message.silent) countUnread(call, channel, user_id);
    // Members who have the channel open hear of it as its watchers.
    if (hub.connectionsOf(user_id) > 0 && !hub.isWatching(user_id, channel.cid))
      tellUser(call, user_id, {
        ...event,
        type: "notification.message_new",
        ...{ cid: channel.cid, channel_type: channel.type, channel_id: channel.id },
      });
  }
  return message;
}

function countUnread({ world }: Call, channel: Channel, userId: string) {
  const read = world.readsOf(channel.cid).get(userId) ?? {
    last_read: new Date(0).toISOString(),
    unread_messages: 0,
  };
  world.saveRead(channel.cid, userId, { ...read, unread_messages: read.unread_messages + 1 });
}

export const getMessage: Handler = (call) => {
  const { world, caller, params } = call;
  const { message, channel } = messageOf(call, params[0], "GetMessage");
  demand(world, channel, caller, { resource: "read-channel", what: "GetMessage" });
  const shape = messageShape(world, message, caller.user?.id);
  const whole = caller.server && call.query.get("show_deleted_message") === "true";
  return { message: whole ? { ...shape, text: message.text } : shape };
};

/** POST /messages/{id}: a message's whole new content. */
export const updateMessage: Handler = (call) => {
  const { world, body, caller, params } = call;
  const what = "UpdateMessage";
  const { message, channel } = messageOf(call, params[0], what);
  const given = objectOf(body.message);
  demandEdit(call, channel, message, what, given);
  const changed: Message = {
    ...message,
    text: textOf(given.text, message.text),
    attachments: Array.isArray(given.attachments) ? given.attachments : message.attachments,
    custom: customOf(given, known),
    updated_at: world.now(),
  };
  return keepEdit(call, channel, pinnedAs(call, changed, given), what, caller.user?.id);
};

/** PUT /messages/{id}: `set` and `unset`; pinning goes this way. */
export const partialUpdateMessage: Handler = (call) => {
  const { world, body, caller, params } = call;
  const what = "UpdateMessagePartial";
  const { message, channel } = messageOf(call, params[0], what);
  const set = objectOf(body.set);
  const unset = listOf(body.unset).map((name) => textOf(name));
  demandEdit(call, channel, message, what, set, unset);
  const custom = { ...message.custom, ...customOf(set, known) };
  for (const name of unset) delete custom[name];
  const changed: Message = {
    ...message,
    text: textOf(set.text, message.text),
    custom,
    updated_at: world.now(),
  };
  return keepEdit(call, channel, pinnedAs(call, changed, set), what, caller.user?.id);
};

function demandEdit(
  call: Call,
  channel: Channel,
  message: Message,
  what: string,
  given: Fields,
  unset: string[] = [],
) {
  const { world, caller } = call;
  if (message.type === "deleted") throw badInput(what, "message is deleted");
  const owns = caller.user?.id === message.user_id;
  const names = [...Object.keys(given), ...unset].filter(
    (name) => !["id", "pin_expires", "pinned_at"].includes(name),
  );
  if ("pinned" in given && given.pinned !== message.pinned)
    demand(world, channel, caller, { resource: "pin-message", what, owns });
  if (names.some((name) => name !== "pinned"))
    demand(world, channel, caller, { resource: "update-message", what, owns });
  if (caller.user && !caller.server) {
    const ban = world.findBan(caller.user.id, channel.cid);
    if (ban && !ban.shadow) throw notAllowed(what, banned);
  }
}

function pinnedAs(call: Call, message: Message, given: Fields): Message {
  if (typeof given.pinned !== "boolean" || given.pinned === message.pinned) return message;
  if (!given.pinned)
    return { ...message, pinned: false, pinned_at: null, pinned_by: null, pin_expires: null };
  return {
    ...message,
    pinned: true,
    pinned_at: textOf(given.pinned_at) || call.world.now(),
    pinned_by: actorOf(call, "PinMessage").id,
    pin_expires: textOf(given.pin_expires) || null,
  };
}

function keepEdit(call: Call, channel: Channel, message: Message, what: string, viewer?: string): Fields {
  const { world } = call;
  if (message.text.trim() === "" && message.attachments.length === 0)
    throw badInput(what, "text is required");
  if ([...message.text].length > (world.types.get(channel.type)?.max_message_length ?? 5000))
    throw new ChatError(20, `${what} failed with error: "message text is too long"`);
  world.saveMessage(replace(world.messages.get(message.id), message));
  tellChannel(call, channel, {
    ...{ type: "message.updated", message: messageShape(world, message), message_id: message.id },
    user: userShape(world, message.user_id),
  });
  return { message: messageShape(world, message, viewer) };
}

/** Changes the object in place: it stands in its channel's list, too. */
function replace(old: Message | undefined, changed: Message): Message {
  if (!old) return changed;
  for (const name of Object.keys(old)) if (!(name in changed)) delete (old as Fields)[name];
  return Object.assign(old, changed);
}

/** DELETE /messages/{id}: soft keeps its place and, for servers, its text; hard leaves nothing. */
export const deleteMessage: Handler = (call) => {
  const { world, caller, params, query } = call;
  const what = "DeleteMessage";
  const { message, channel } = messageOf(call, params[0], what);
  demand(world, channel, caller, {
    ...{ resource: "delete-message", what },
    owns: caller.user?.id === message.user_id,
  });
  const hard = query.get("hard") === "true";
  const at = world.now();
  const deleted: Message = { ...message, type: "deleted", deleted_at: at, updated_at: at, ...unpinned };
  if (hard) world.dropMessage(message);
  else world.saveMessage(replace(message, deleted));
  const shape = messageShape(world, deleted);
  tellChannel(call, channel, {
    ...{
      type: "message.deleted",
      message: shape,
      message_id: message.id,
      user: userShape(world, message.user_id),
    },
    ...(hard ? { hard_delete: true } : {}),
  });
  return { message: shape };
};

const unpinned = { pinned: false, pinned_at: null, pinned_by: null, pin_expires: null };

/** POST /messages/{id}/undelete: by servers only, of what was deleted softly. */
export const undeleteMessage: Handler = (call) => {
  const { world, caller, params } = call;
  const what = "UndeleteMessage";
  if (!caller.server) throw notAllowed(what, "messages can only be undeleted server-side");
  const { message, channel } = messageOf(call, params[0], what);
  if (message.type !== "deleted") throw badInput(what, "message is not deleted");
  const { deleted_at: _, ...kept } = message;
  const shown: Message = { ...kept, type: message.parent_id ? "reply" : "regular", updated_at: world.now() };
  world.saveMessage(replace(message, shown));
  const shape = messageShape(world, shown);
  tellChannel(call, channel, {
    ...{
      type: "message.undeleted",
      message: shape,
      message_id: message.id,
      user: userShape(world, message.user_id),
    },
  });
  return { message: shape };
};

export const getReplies: Handler = (call) => {
  const { world, caller, params, query } = call;
  const { message, channel } = messageOf(call, params[0], "GetReplies");
  demand(world, channel, caller, { resource: "read-channel", what: "GetReplies" });
  const replies = world.messagesOf(channel.cid).filter(({ parent_id }) => parent_id === message.id);
  const wanted = Object.fromEntries(query) as Record<string, string>;
  const some = cut(replies, { ...wanted, limit: Number(wanted.limit ?? 10) });
  return { messages: some.map((each) => messageShape(world, each, caller.user?.id)) };
};

export const demandMessage = (call: Call, what: string) => {
  const found = messageOf(call, call.params[0], what);
  if (found.message.type === "deleted") throw notFound(what, "message is deleted");
  return found;
};
