import { createHash } from "node:crypto";
import {
  actorOf,
  type Call,
  channelOf,
  customOf,
  type Handler,
  idsOf,
  listOf,
  objectOf,
  tellChannel,
  tellUser,
  textOf,
} from "./call.ts";
import { badInput, ChatError, notAllowed, notFound } from "./chat-error.ts";
import { matches, sorted } from "./filters.ts";
import { addMembers, demoteModerators, memberList, removeMembers } from "./members.ts";
import { putMessage } from "./messages.ts";
import type { Channel, Fields, Message } from "./objects.ts";
import { demand, may } from "./permissions.ts";
import { channelShape, memberShape, messageShape, userShape } from "./shapes.ts";

const known = [
  ...[
    "id",
    "type",
    "cid",
    "created_at",
    "updated_at",
    "created_by",
    "created_by_id",
    "frozen",
    "disabled",
    "members",
  ],
  ...[
    "member_count",
    "config",
    "own_capabilities",
    "cooldown",
    "last_message_at",
    "truncated_at",
    "deleted_at",
    "invites",
  ],
];
/** Pages of messages are full at these sizes: the SDK asks for more when as many came as it expected. */
const page = { query: 100, queryChannels: 25 };

/** POST /channels/{type}/{id}/query: gets a channel, or makes it where the caller may; watches it when asked to. */
export const queryChannel: Handler = (call) => {
  const { world, params, body } = call;
  const [type = "", id = distinctId(call)] = params;
  if (!world.types.has(type)) throw notFound("GetOrCreateChannel", `channel type ${type} doesn't exist`);
  if (!/^[\w!-]{1,64}$/.test(id)) throw badInput("GetOrCreateChannel", "channel id is not valid");
  let channel = world.channels.get(`${type}:${id}`);
  if (!channel) channel = makeChannel(call, type, id);
  demand(world, channel, call.caller, { resource: "read-channel", what: "GetOrCreateChannel" });
  return { ...channelState(call, channel, { limit: page.query, ...body }), duration: "0.00ms" };
};

/** A channel without an id is the one of its members, whoever asks first. */
function distinctId({ body }: Call): string {
  const members = idsOf(objectOf(body.data).members).sort();
  if (members.length === 0) throw badInput("GetOrCreateChannel", "either id or members are required");
  return `!members-${createHash("sha256").update(members.join(",")).digest("base64url").replaceAll("-", "_").slice(0, 43)}`;
}

function makeChannel(call: Call, type: string, id: string): Channel {
  const { world, body, caller } = call;
  const data = objectOf(body.data);
  const creator = actorOf(call, "GetOrCreateChannel", { ...data, ...body }, "created_by_id", "created_by");
  const at = world.now();
  const channel: Channel = {
    ...{ type, id, cid: `${type}:${id}`, created_at: at, updated_at: at, created_by_id: creator.id },
    ...{ frozen: data.frozen === true, disabled: false, cooldown: 0 },
    custom: customOf(data, known),
  };
  demand(world, channel, caller, { resource: "create-channel", what: "GetOrCreateChannel" });
  if ("cooldown" in data) throw badInput("GetOrCreateChannel", "cooldown can't be set in data");
  world.saveChannel(channel);
  addMembers(call, channel, idsOf(data.members), { quiet: true });
  return channel;
}

type Wanted = {
  limit?: number;
  state?: boolean;
  watch?: boolean;
  messages?: {
    limit?: number;
    id_lt?: string;
    id_lte?: string;
    id_gt?: string;
    id_gte?: string;
    id_around?: string;
  };
  members?: { limit?: number; offset?: number };
  watchers?: { limit?: number };
};

/** `ChannelState`; `watcher_count` is left out at 0, and `watchers` unless asked for (the SDK's old integration tests). */
function channelState(call: Call, channel: Channel, wanted: Wanted & Fields): Fields {
  const { world, hub, connection, caller } = call;
  const { cid } = channel;
  const viewer = caller.user?.id;
  if (wanted.watch === true) {
    if (!connection) throw new ChatError(46, "connection_id is required to watch a channel");
    if (hub.watch(connection, cid)) tellWatching(call, channel, "user.watching.start", connection.userId);
  }
  const watchers = hub.watcherIds(cid);
  const member = viewer ? world.membersOf(cid).get(viewer) : undefined;
  const type = world.types.get(channel.type);
  const shown = shownMessages(call, cid, viewer);
  const messages = wanted.state === false ? [] : cut(shown, { limit: wanted.limit, ...wanted.messages });
  return {
    channel: channelShape(world, channel, viewer),
    messages: messages.map((message) => messageShape(world, message, viewer)),
    pinned_messages: shown
      .filter(({ pinned, type: kind }) => pinned && kind !== "deleted")
      .toSorted((a, b) => ((a.pinned_at ?? "") < (b.pinned_at ?? "") ? 1 : -1))
      .slice(0, 10)
      .map((message) => messageShape(world, message, viewer)),
    members: memberList(world, cid)
      .slice(0, wanted.members?.limit ?? 100)
      .map((each) => memberShape(world, cid, each)),
    ...(member ? { membership: memberShape(world, cid, member) } : {}),
    ...(watchers.length > 0 ? { watcher_count: watchers.length } : {}),
    ...(wanted.watchers
      ? { watchers: watchers.slice(0, wanted.watchers.limit ?? 100).map((id) => userShape(world, id)) }
      : {}),
    ...(type?.read_events === true
      ? {
          read: [...world.readsOf(cid)].map(([id, read]) => ({ user: userShape(world, id), ...read })),
        }
      : {}),
    threads: [],
  };
}

/** What a person may see of a channel: not what came before it was truncated, and not what others say under a shadow ban. */
function shownMessages({ world }: Call, cid: string, viewer: string | undefined): Message[] {
  const from = world.channels.get(cid)?.truncated_at;
  return world
    .messagesOf(cid)
    .filter(
      ({ created_at, parent_id, show_in_channel, shadowed, user_id }) =>
        (!from || created_at > from) &&
        (!parent_id || show_in_channel) &&
        (!shadowed || user_id === viewer || viewer === undefined),
    );
}

export function cut(messages: Message[], wanted: NonNullable<Wanted["messages"]>): Message[] {
  const limit = Math.min(Math.max(0, wanted.limit ?? 100), 300);
  const at = (id: string | undefined) => messages.findIndex((message) => message.id === id);
  const older = wanted.id_lt ?? wanted.id_lte;
  if (older !== undefined) {
    const end = at(older) + (wanted.id_lte !== undefined ? 1 : 0);
    return messages.slice(Math.max(0, end - limit), Math.max(0, end));
  }
  const newer = wanted.id_gt ?? wanted.id_gte;
  if (newer !== undefined) {
    const begin = at(newer) + (wanted.id_gte !== undefined ? 0 : 1);
    return messages.slice(begin, begin + limit);
  }
  if (wanted.id_around !== undefined) {
    const middle = at(wanted.id_around);
    const begin = Math.max(0, middle - Math.floor(limit / 2));
    return middle < 0 ? [] : messages.slice(begin, begin + limit);
  }
  return limit === 0 ? [] : messages.slice(-limit);
}

/** Above a hundred watchers the service says less of who comes and goes; here nothing is said then. */
const mostSpoken = 100;

function tellWatching(call: Call, channel: Channel, type: string, userId: string) {
  const { world, hub } = call;
  if (world.types.get(channel.type)?.connect_events !== true) return;
  const count = hub.watcherIds(channel.cid).length;
  if (count > mostSpoken) return;
  tellChannel(
    call,
    channel,
    { type, user: userShape(world, userId), watcher_count: count },
    { webhook: false },
  );
}

export const stopWatching: Handler = (call) => {
  const { hub, connection } = call;
  const channel = channelOf(call, "StopWatching");
  if (!connection) throw new ChatError(46, "connection_id is required to stop watching a channel");
  if (hub.unwatch(connection, channel.cid))
    tellWatching(call, channel, "user.watching.stop", connection.userId);
  return {};
};

/** POST /channels: those that match and may be read; watched again when asked to, which is how a client comes back after a reconnect. */
export const queryChannels: Handler = (call) => {
  const { world, body, caller } = call;
  const { limit = 10, offset = 0, message_limit = page.queryChannels } = body as Record<string, number>;
  const filter = objectOf(body.filter_conditions);
  const found = [...world.channels.values()].filter((channel) => {
    if (!caller.server && !(caller.user && may(world, channel, caller.user, "read-channel"))) return false;
    const members = [...world.membersOf(channel.cid).keys()];
    return matches({ ...channelShape(world, channel), members, has_unread: false }, filter);
  });
  const shapes = found.map((channel) => ({ ...channelShape(world, channel), channel }));
  const some = sorted(shapes, body.sort ?? [{ field: "last_message_at", direction: -1 }]);
  return {
    channels: some
      .slice(offset, offset + Math.min(limit, 30))
      .map(({ channel }) =>
        channelState(call, channel, { ...body, messages: { limit: message_limit }, members: { limit: 100 } }),
      ),
  };
};

/** POST /channels/{type}/{id}: data, members, moderators, roles, slow mode, each only where it is given. */
export const updateChannel: Handler = (call) => {
  const { world, body, caller } = call;
  const what = "UpdateChannel";
  const channel = channelOf(call, what);
  const owns = caller.user?.id === channel.created_by_id;
  const serverOnly = ["add_moderators", "demote_moderators", "assign_roles"].some((name) => name in body);
  if (serverOnly && !caller.server) throw notAllowed(what, "roles can only be changed server-side");
  if ("add_members" in body || "remove_members" in body || "invites" in body)
    demand(world, channel, caller, { resource: "update-channel-members", what, owns });
  if (body.data) {
    demand(world, channel, caller, { resource: "update-channel", what, owns });
    const data = objectOf(body.data);
    if ("cooldown" in data) throw badInput(what, "cooldown can't be set in data");
    channel.custom = customOf(data, known);
    if (typeof data.frozen === "boolean") channel.frozen = data.frozen;
  }
  if (typeof body.cooldown === "number") {
    demand(world, channel, caller, { resource: "update-channel-cooldown", what });
    if (body.cooldown < 0 || body.cooldown > 120) throw badInput(what, "cooldown must be between 0 and 120");
    channel.cooldown = body.cooldown;
  }
  addMembers(call, channel, idsOf(body.add_members));
  addMembers(call, channel, idsOf(body.add_moderators), { role: "channel_moderator" });
  for (const each of listOf(body.assign_roles).map(objectOf))
    addMembers(call, channel, [textOf(each.user_id)], {
      role: each.channel_role === "channel_moderator" ? "channel_moderator" : "channel_member",
    });
  demoteModerators(call, channel, idsOf(body.demote_moderators));
  removeMembers(call, channel, idsOf(body.remove_members));
  channel.updated_at = world.now();
  world.saveChannel(channel);
  const message = body.message ? putMessage(call, channel, objectOf(body.message), "system") : undefined;
  tellChannel(call, channel, {
    type: "channel.updated",
    channel: channelShape(world, channel),
    ...(caller.user ? { user: userShape(world, caller.user.id) } : {}),
    ...(message ? { message: messageShape(world, message) } : {}),
  });
  return {
    channel: channelShape(world, channel, caller.user?.id),
    members: memberList(world, channel.cid).map((each) => memberShape(world, channel.cid, each)),
    ...(message ? { message: messageShape(world, message) } : {}),
  };
};

/** PATCH /channels/{type}/{id}: `set` and `unset`; freezing and disabling go this way. */
export const updateChannelPartial: Handler = (call) => {
  const { world, body, caller } = call;
  const what = "UpdateChannelPartial";
  const channel = channelOf(call, what);
  const owns = caller.user?.id === channel.created_by_id;
  const set = objectOf(body.set);
  const unset = listOf(body.unset).map((name) => textOf(name));
  const names = [...Object.keys(set), ...unset];
  if (names.includes("frozen")) demand(world, channel, caller, { resource: "update-channel-frozen", what });
  if (names.includes("cooldown"))
    demand(world, channel, caller, { resource: "update-channel-cooldown", what });
  if (names.includes("disabled") && !caller.server)
    throw notAllowed(what, "disabled can only be set server-side");
  if (names.some((name) => !["frozen", "cooldown", "disabled"].includes(name)))
    demand(world, channel, caller, { resource: "update-channel", what, owns });
  if (typeof set.frozen === "boolean") channel.frozen = set.frozen;
  if (typeof set.disabled === "boolean") channel.disabled = set.disabled;
  if (typeof set.cooldown === "number") {
    if (set.cooldown < 0 || set.cooldown > 120) throw badInput(what, "cooldown must be between 0 and 120");
    channel.cooldown = set.cooldown;
  }
  if (unset.includes("frozen")) channel.frozen = false;
  Object.assign(channel.custom, customOf(set, known));
  for (const name of unset) delete channel.custom[name];
  channel.updated_at = world.now();
  world.saveChannel(channel);
  tellChannel(call, channel, { type: "channel.updated", channel: channelShape(world, channel) });
  return {
    channel: channelShape(world, channel, caller.user?.id),
    members: memberList(world, channel.cid).map((each) => memberShape(world, channel.cid, each)),
  };
};

export const truncateChannel: Handler = (call) => {
  const { world, body, caller } = call;
  const what = "TruncateChannel";
  const channel = channelOf(call, what);
  demand(world, channel, caller, {
    ...{ resource: "truncate-channel", what },
    owns: caller.user?.id === channel.created_by_id,
  });
  const at = textOf(body.truncated_at) || world.now();
  channel.truncated_at = new Date(at).toISOString();
  if (body.hard_delete === true) world.clearMessages(channel.cid, channel.truncated_at);
  world.saveChannel(channel);
  const message = body.message ? putMessage(call, channel, objectOf(body.message), "system") : undefined;
  tellChannel(call, channel, {
    type: "channel.truncated",
    channel: channelShape(world, channel),
    ...(message ? { message: messageShape(world, message) } : {}),
  });
  return {
    channel: channelShape(world, channel, caller.user?.id),
    ...(message ? { message: messageShape(world, message) } : {}),
  };
};

export const deleteChannel: Handler = (call) => {
  const { world, caller } = call;
  const what = "DeleteChannel";
  const channel = channelOf(call, what);
  demand(world, channel, caller, {
    ...{ resource: "delete-channel", what },
    owns: caller.user?.id === channel.created_by_id,
  });
  const shape = channelShape(world, channel);
  const gone = { ...shape, deleted_at: world.now() };
  for (const { user_id } of memberList(world, channel.cid))
    tellUser(call, user_id, {
      ...{
        type: "notification.channel_deleted",
        cid: channel.cid,
        channel_type: channel.type,
        channel_id: channel.id,
      },
      channel: gone,
    });
  tellChannel(call, channel, { type: "channel.deleted", channel: gone });
  world.dropChannel(channel.cid);
  call.later.push(() => call.hub.drop(channel.cid));
  return { channel: gone };
};

/** GET /members: of a channel that the caller may read. */
export const queryMembers: Handler = (call) => {
  const { world, payload, caller } = call;
  const cid = `${textOf(payload.type)}:${textOf(payload.id)}`;
  const channel = world.channels.get(cid);
  if (!channel) throw notFound("QueryMembers", `Can't find channel with id ${cid}`);
  demand(world, channel, caller, { resource: "read-channel", what: "QueryMembers" });
  const shapes = memberList(world, cid).map((member) => memberShape(world, cid, member));
  const wanted = shapes.filter((member) => {
    const { name } = objectOf(member.user);
    return matches({ ...member, id: member.user_id, name }, objectOf(payload.filter_conditions));
  });
  // An offset ends at 1,000; `user_id_gt` goes on (the SDK's `QueryMembersOptions`).
  const {
    limit = 100,
    offset = 0,
    user_id_gt: after,
  } = payload as Record<"limit" | "offset", number | undefined> & {
    user_id_gt?: string;
  };
  if (offset > 1000) throw badInput("QueryMembers", "offset is at most 1000");
  const rest = after === undefined ? wanted : wanted.filter(({ user_id }) => String(user_id) > after);
  return { members: sorted(rest, payload.sort).slice(offset, offset + Math.min(limit, 100)) };
};
