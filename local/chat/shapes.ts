import { configOf } from "./channel-config.ts";
import type { Channel, Fields, Member, Message, User } from "./objects.ts";
import { capabilitiesOf } from "./permissions.ts";
import type { World } from "./world.ts";

/** A person as everybody sees them. */
export function userShape(world: World, id: string): Fields {
  const user = world.users.get(id);
  if (!user)
    return { id, role: "user", created_at: new Date(0).toISOString(), updated_at: new Date(0).toISOString() };
  const { revoke_tokens_issued_before: _, ...shown } = user;
  return { banned: world.bans.has(`${id} *`), online: false, ...shown };
}

export function memberShape(world: World, cid: string, member: Member): Fields {
  const ban = world.findBan(member.user_id, cid);
  const isModerator = member.channel_role === "channel_moderator";
  const isOwner = world.channels.get(cid)?.created_by_id === member.user_id;
  return {
    ...member.custom,
    user_id: member.user_id,
    user: userShape(world, member.user_id),
    channel_role: member.channel_role,
    role: isOwner ? "owner" : isModerator ? "moderator" : "member",
    ...(isModerator ? { is_moderator: true } : {}),
    banned: Boolean(ban && !ban.shadow),
    shadow_banned: Boolean(ban?.shadow),
    ...(ban?.expires ? { ban_expires: ban.expires } : {}),
    notifications_muted: false,
    created_at: member.created_at,
    updated_at: member.updated_at,
  };
}

/** `viewerId`: whose capabilities are said; without one (for everybody) they are left out, and clients keep theirs. */
export function channelShape(world: World, channel: Channel, viewerId?: string): Fields {
  const type = world.types.get(channel.type);
  const viewer = viewerId === undefined ? undefined : world.users.get(viewerId);
  return {
    ...channel.custom,
    id: channel.id,
    type: channel.type,
    cid: channel.cid,
    created_at: channel.created_at,
    updated_at: channel.updated_at,
    created_by: userShape(world, channel.created_by_id),
    frozen: channel.frozen,
    disabled: channel.disabled,
    member_count: world.membersOf(channel.cid).size,
    ...(channel.cooldown > 0 ? { cooldown: channel.cooldown } : {}),
    ...(channel.last_message_at ? { last_message_at: channel.last_message_at } : {}),
    ...(channel.truncated_at ? { truncated_at: channel.truncated_at } : {}),
    config: type ? configOf(type) : {},
    ...(viewer ? { own_capabilities: capabilitiesOf(world, channel, viewer) } : {}),
  };
}

/** A deleted message keeps its place and loses its text, for clients and servers alike. */
export function messageShape(world: World, message: Message, viewerId?: string): Fields {
  const reactions = world.reactions.get(message.id) ?? [];
  const deleted = message.type === "deleted";
  const quoted = message.quoted_message_id ? world.messages.get(message.quoted_message_id) : undefined;
  const counts: Record<string, number> = {};
  const scores: Record<string, number> = {};
  const groups: Record<string, Fields> = {};
  for (const { type, score, created_at } of reactions) {
    counts[type] = (counts[type] ?? 0) + 1;
    scores[type] = (scores[type] ?? 0) + score;
    groups[type] = {
      count: counts[type],
      sum_scores: scores[type],
      first_reaction_at: groups[type]?.first_reaction_at ?? created_at,
      last_reaction_at: created_at,
    };
  }
  const shown = reactions.map((reaction) => ({ ...reaction, user: userShape(world, reaction.user_id) }));
  return {
    ...message.custom,
    id: message.id,
    cid: message.cid,
    text: deleted ? "" : message.text,
    html: deleted ? "" : `<p>${escape(message.text)}</p>\n`,
    type: message.type,
    user: userShape(world, message.user_id),
    attachments: deleted ? [] : message.attachments,
    mentioned_users: message.mentioned_users.map((id) => userShape(world, id)),
    latest_reactions: shown.slice(-10).reverse(),
    own_reactions: viewerId ? shown.filter(({ user_id }) => user_id === viewerId) : [],
    reaction_counts: counts,
    reaction_scores: scores,
    reaction_groups: groups,
    reply_count: world.messagesOf(message.cid).filter(({ parent_id }) => parent_id === message.id).length,
    deleted_reply_count: 0,
    silent: message.silent,
    shadowed: message.shadowed && viewerId !== message.user_id,
    pinned: message.pinned,
    pinned_at: message.pinned_at ?? null,
    pinned_by: message.pinned_by ? userShape(world, message.pinned_by) : null,
    pin_expires: message.pin_expires ?? null,
    ...(message.parent_id
      ? { parent_id: message.parent_id, show_in_channel: message.show_in_channel ?? false }
      : {}),
    ...(quoted
      ? {
          quoted_message_id: quoted.id,
          quoted_message: messageShape(world, { ...quoted, quoted_message_id: undefined }),
        }
      : {}),
    ...(message.deleted_at ? { deleted_at: message.deleted_at } : {}),
    created_at: message.created_at,
    updated_at: message.updated_at,
  };
}

const escape = (text: string) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** `me` of the hello: without `mutes` and `channel_mutes` stream-chat-react throws. */
export function ownUserShape(world: World, user: User): Fields {
  const mutes = [...world.mutes.values()].filter(({ user_id }) => user_id === user.id);
  return {
    ...userShape(world, user.id),
    online: true,
    devices: [],
    mutes: mutes
      .filter(({ target_id }) => target_id)
      .map((mute) => ({
        user: userShape(world, user.id),
        target: userShape(world, mute.target_id ?? ""),
        created_at: mute.created_at,
        updated_at: mute.created_at,
      })),
    channel_mutes: mutes
      .filter(({ cid }) => cid)
      .map((mute) => {
        const channel = world.channels.get(mute.cid ?? "");
        return {
          user: userShape(world, user.id),
          channel: channel ? channelShape(world, channel) : null,
          created_at: mute.created_at,
          updated_at: mute.created_at,
        };
      }),
    unread_count: 0,
    total_unread_count: 0,
    unread_channels: 0,
    unread_threads: 0,
    blocked_user_ids: [],
  };
}
