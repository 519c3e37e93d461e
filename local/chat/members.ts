import {
  type Call,
  channelOf,
  customOf,
  type Handler,
  listOf,
  objectOf,
  tellChannel,
  tellUser,
  textOf,
} from "./call.ts";
import { badInput, notAllowed, notFound } from "./chat-error.ts";
import type { Channel, Member } from "./objects.ts";
import { channelShape, memberShape, userShape } from "./shapes.ts";
import type { World } from "./world.ts";

export const memberList = (world: World, cid: string): Member[] =>
  [...world.membersOf(cid).values()].toSorted((a, b) => (a.created_at < b.created_at ? -1 : 1));

/** At most a hundred at once (Stream's documentation of members); who is one already stays one. */
export function addMembers(
  call: Call,
  channel: Channel,
  userIds: string[],
  { role, quiet = false }: { role?: Member["channel_role"]; quiet?: boolean } = {},
): void {
  const { world } = call;
  if (userIds.length > 100) throw badInput("UpdateChannel", "at most 100 members can be added at once");
  for (const userId of userIds) {
    if (!world.users.has(userId))
      throw badInput(
        "UpdateChannel",
        `The following users are specified in members but don't exist: ${userId}`,
      );
  }
  for (const userId of userIds) {
    const known = world.membersOf(channel.cid).get(userId);
    if (known && (!role || known.channel_role === role)) continue;
    const at = world.now();
    const member: Member = {
      custom: {},
      created_at: at,
      ...known,
      user_id: userId,
      channel_role: role ?? "channel_member",
      updated_at: at,
    };
    world.saveMember(channel.cid, member);
    if (quiet) continue;
    const shape = memberShape(world, channel.cid, member);
    tellChannel(call, channel, {
      ...{ type: known ? "member.updated" : "member.added", member: shape, user: userShape(world, userId) },
      channel: channelShape(world, channel),
    });
    if (known) continue;
    tellUser(call, userId, {
      ...{
        type: "notification.added_to_channel",
        cid: channel.cid,
        channel_type: channel.type,
        channel_id: channel.id,
      },
      channel: channelShape(world, channel, userId),
      member: shape,
    });
  }
}

export function demoteModerators(call: Call, channel: Channel, userIds: string[]): void {
  const known = userIds.filter((id) => call.world.membersOf(channel.cid).has(id));
  addMembers(call, channel, known, { role: "channel_member" });
}

/**
 * Whether the service takes a removed member's open sockets off the channel is not documented anywhere: this server takes
 * the worse case, and goes on delivering to those that watch already. They cannot watch, query or read it again.
 */
export function removeMembers(call: Call, channel: Channel, userIds: string[]): void {
  const { world } = call;
  for (const userId of userIds) {
    const member = world.membersOf(channel.cid).get(userId);
    if (!member) continue;
    const shape = memberShape(world, channel.cid, member);
    world.dropMember(channel.cid, userId);
    tellChannel(call, channel, {
      ...{ type: "member.removed", member: shape, user: userShape(world, userId) },
      channel: channelShape(world, channel),
    });
    tellUser(call, userId, {
      type: "notification.removed_from_channel",
      ...{ cid: channel.cid, channel_type: channel.type, channel_id: channel.id },
      ...{ channel: channelShape(world, channel), member: shape, user: userShape(world, userId) },
    });
  }
}

/** PATCH …/member[/{user}]: custom fields of a membership; one's own, or any by a server. */
export const updateMemberPartial: Handler = (call) => {
  const { world, body, caller, params } = call;
  const what = "UpdateMemberPartial";
  const channel = channelOf(call, what);
  const userId = params[2] ?? caller.user?.id ?? textOf(call.query.get("user_id"));
  if (!caller.server && userId !== caller.user?.id)
    throw notAllowed(what, "only one's own membership can be changed");
  const member = world.membersOf(channel.cid).get(userId);
  if (!member) throw notFound(what, `user ${userId} is not a member of ${channel.cid}`);
  const set = customOf(objectOf(body.set), [
    "user_id",
    "user",
    "channel_role",
    "role",
    "is_moderator",
    "banned",
  ]);
  const custom = { ...member.custom, ...set };
  for (const name of listOf(body.unset)) delete custom[textOf(name)];
  const changed = { ...member, custom, updated_at: world.now() };
  world.saveMember(channel.cid, changed);
  const shape = memberShape(world, channel.cid, changed);
  tellChannel(call, channel, { type: "member.updated", member: shape, user: userShape(world, userId) });
  return { channel_member: shape };
};
