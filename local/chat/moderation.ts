import {
  actorOf,
  type Call,
  type Handler,
  listOf,
  messageOf,
  objectOf,
  tellChannel,
  tellUser,
  textOf,
} from "./call.ts";
import { badInput, notAllowed, notFound } from "./chat-error.ts";
import { matches } from "./filters.ts";
import type { Ban, Channel, Fields, Mute } from "./objects.ts";
import { demand } from "./permissions.ts";
import { channelShape, messageShape, ownUserShape, userShape } from "./shapes.ts";

function channelIn({ world }: Call, from: Fields, what: string): Channel | undefined {
  const cid =
    textOf(from.channel_cid) || (from.type && from.id ? `${textOf(from.type)}:${textOf(from.id)}` : "");
  if (!cid) return undefined;
  const channel = world.channels.get(cid);
  if (!channel) throw notFound(what, `Can't find channel with id ${cid}`);
  return channel;
}

/** POST /moderation/ban: from a channel by those who may, from the app by servers; `timeout` in minutes ends it by itself. */
export const banUser: Handler = (call) => {
  const { world, body, caller } = call;
  const what = "Ban";
  const target = textOf(body.target_user_id);
  if (!world.users.has(target)) throw badInput(what, `The user ${target} doesn't exist`);
  const channel = channelIn(call, body, what);
  const by = actorOf(call, what, body, "banned_by_id", "banned_by");
  if (channel) demand(world, channel, caller, { resource: "ban-channel-member", what });
  else if (!caller.server) throw notAllowed(what, "users can only be banned from the app server-side");
  if (target === by.id) throw badInput(what, "users can't ban themselves");
  const minutes = typeof body.timeout === "number" ? body.timeout : undefined;
  if (minutes !== undefined && minutes <= 0)
    throw badInput(what, "timeout must be a positive number of minutes");
  const ban: Ban = {
    ...{ user_id: target, banned_by_id: by.id, reason: textOf(body.reason), shadow: body.shadow === true },
    ...(channel ? { cid: channel.cid } : {}),
    ...(minutes ? { expires: new Date(Date.now() + minutes * 60_000).toISOString() } : {}),
    created_at: world.now(),
  };
  world.saveBan(ban);
  tellBan(call, "user.banned", ban, channel);
  if (body.delete_messages && channel) deleteAllOf(call, channel, target, body.delete_messages === "hard");
  return {};
};

export const unbanUser: Handler = (call) => {
  const { world, caller, query } = call;
  const what = "Unban";
  const from = Object.fromEntries(query);
  const channel = channelIn(call, from, what);
  if (channel) demand(world, channel, caller, { resource: "ban-channel-member", what });
  else if (!caller.server) throw notAllowed(what, "users can only be unbanned from the app server-side");
  const ban = world.dropBan({
    user_id: textOf(from.target_user_id),
    ...(channel ? { cid: channel.cid } : {}),
  });
  if (ban) tellBan(call, "user.unbanned", ban, channel);
  return {};
};

/** The banned person hears it, and so do those who watch: the SDK keeps it at the channel's members (stream-chat-js issue 1128). */
function tellBan(call: Call, type: string, ban: Ban, channel: Channel | undefined) {
  const { world } = call;
  const event = {
    ...{ type, user: userShape(world, ban.user_id), created_by: userShape(world, ban.banned_by_id) },
    ...{ reason: ban.reason, shadow: ban.shadow },
    ...(ban.expires ? { expiration: ban.expires } : {}),
    ...(channel ? { cid: channel.cid, channel_type: channel.type, channel_id: channel.id } : {}),
  };
  if (channel) tellChannel(call, channel, event, { except: (id) => id === ban.user_id });
  tellUser(call, ban.user_id, event);
}

function deleteAllOf(call: Call, channel: Channel, userId: string, hard: boolean) {
  const { world } = call;
  const at = world.now();
  for (const message of [...world.messagesOf(channel.cid)].filter(({ user_id }) => user_id === userId)) {
    if (hard) world.dropMessage(message);
    else world.saveMessage(Object.assign(message, { type: "deleted", deleted_at: at, updated_at: at }));
  }
  tellChannel(call, channel, {
    ...{
      type: "user.messages.deleted",
      user: userShape(world, userId),
      soft_delete: !hard,
      hard_delete: hard,
    },
  });
}

export const queryBannedUsers: Handler = (call) => {
  const { world, payload, caller } = call;
  const filter = objectOf(payload.filter_conditions);
  const at = new Date().toISOString();
  const all = [...world.bans.values()].filter(({ expires }) => !expires || expires > at);
  const found = all.filter((ban) => matches({ ...ban, channel_cid: ban.cid ?? null }, filter));
  const visible = found.filter(({ cid }) => {
    if (caller.server) return true;
    const channel = world.channels.get(cid ?? "");
    try {
      if (channel)
        demand(world, channel, caller, { resource: "ban-channel-member", what: "QueryBannedUsers" });
      return channel !== undefined;
    } catch {
      return false;
    }
  });
  const { limit = 100, offset = 0 } = payload as { limit?: number; offset?: number };
  return {
    bans: visible.slice(offset, offset + limit).map((ban) => {
      const channel = world.channels.get(ban.cid ?? "");
      return {
        ...{ user: userShape(world, ban.user_id), banned_by: userShape(world, ban.banned_by_id) },
        ...(channel ? { channel: channelShape(world, channel) } : {}),
        ...{ reason: ban.reason, shadow: ban.shadow, created_at: ban.created_at },
        ...(ban.expires ? { expires: ban.expires } : {}),
      };
    }),
  };
};

/** POST /moderation/mute and /unmute: what one does not want to hear; a matter of the asking person alone. */
export const muteUser: Handler = (call) => setMute(call, true);
export const unmuteUser: Handler = (call) => setMute(call, false);

function setMute(call: Call, muted: boolean): Fields {
  const { world, body } = call;
  const user = actorOf(call, "Mute");
  const targets = [textOf(body.target_id), ...listOf(body.target_ids).map((id) => textOf(id))].filter(
    Boolean,
  );
  if (targets.some((id) => !world.users.has(id))) throw badInput("Mute", "target user doesn't exist");
  for (const target_id of targets)
    keepMute(call, { user_id: user.id, target_id, created_at: world.now() }, muted);
  const me = ownUserShape(world, user);
  tellUser(call, user.id, { type: "notification.mutes_updated", me });
  const mutes = listOf(me.mutes).filter((mute) =>
    targets.includes(textOf(objectOf(objectOf(mute).target).id)),
  );
  return { mute: mutes[0] ?? null, mutes, own_user: me };
}

export const muteChannel: Handler = (call) => setChannelMute(call, true);
export const unmuteChannel: Handler = (call) => setChannelMute(call, false);

function setChannelMute(call: Call, muted: boolean): Fields {
  const { world, body } = call;
  const user = actorOf(call, "MuteChannel");
  const cids = [textOf(body.channel_cid), ...listOf(body.channel_cids).map((cid) => textOf(cid))].filter(
    Boolean,
  );
  for (const cid of cids) {
    if (!world.channels.has(cid)) throw notFound("MuteChannel", `Can't find channel with id ${cid}`);
    keepMute(call, { user_id: user.id, cid, created_at: world.now() }, muted);
  }
  const me = ownUserShape(world, user);
  tellUser(call, user.id, { type: "notification.channel_mutes_updated", me });
  return { channel_mute: listOf(me.channel_mutes).at(-1) ?? null, own_user: me };
}

function keepMute({ world }: Call, mute: Mute, muted: boolean) {
  if (muted) world.saveMute(mute);
  else world.dropMute(mute);
}

/** POST /moderation/flag and /api/v2/moderation/flag. */
export const flag: Handler = (call) => {
  const { world, body, webhooks, later } = call;
  const user = actorOf(call, "Flag");
  const entity = textOf(body.entity_type);
  const messageId =
    textOf(body.target_message_id) || (entity.endsWith("message") ? textOf(body.entity_id) : "");
  const userId = textOf(body.target_user_id) || (entity.endsWith("user") ? textOf(body.entity_id) : "");
  const at = world.now();
  if (!messageId && !world.users.has(userId)) throw badInput("Flag", "target doesn't exist");
  const found = messageId ? messageOf(call, messageId, "Flag") : undefined;
  if (found) demand(world, found.channel, call.caller, { resource: "flag-message", what: "Flag" });
  const kept = {
    ...{ user_id: user.id, reason: textOf(body.reason), created_at: at },
    ...(found ? { target_message_id: messageId } : { target_user_id: userId }),
  };
  world.saveFlag(kept);
  const shown = {
    ...kept,
    user: userShape(world, user.id),
    ...(found ? { message: messageShape(world, found.message) } : { target_user: userShape(world, userId) }),
  };
  const event = { ...shown, type: found ? "message.flagged" : "user.flagged", cid: found?.channel.cid };
  later.push(() => webhooks.send(event));
  return { flag: shown, item_id: messageId || userId };
};
