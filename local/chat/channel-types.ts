import type { ChannelType } from "./objects.ts";

/** Roles that every app has (Stream's documentation of user permissions). */
const roles = ["admin", "anonymous", "channel_member", "channel_moderator", "guest", "moderator", "user"];

const everything = [
  ...[
    "read-channel",
    "read-channel-members",
    "create-channel",
    "recreate-channel",
    "create-message",
    "create-reply",
  ],
  ...[
    "update-message",
    "delete-message",
    "pin-message",
    "create-reaction",
    "delete-reaction",
    "update-channel",
  ],
  ...[
    "update-channel-members",
    "update-channel-frozen",
    "update-channel-cooldown",
    "truncate-channel",
    "delete-channel",
  ],
  ...[
    "ban-channel-member",
    "ban-user",
    "skip-slow-mode",
    "use-frozen-channel",
    "flag-message",
    "mute-channel",
  ],
  ...[
    "send-custom-event",
    "add-links",
    "upload-attachment",
    "run-message-action",
    "create-mention",
    "stop-ai-response",
  ],
];
const own = ["update-message-owner", "delete-message-owner", "pin-message-owner", "delete-reaction-owner"];
const ownChannel = [
  "update-channel-owner",
  "update-channel-members-owner",
  "delete-channel-owner",
  "truncate-channel-owner",
];
const talk = [
  "create-message",
  "create-reply",
  "create-reaction",
  "flag-message",
  "mute-channel",
  "send-custom-event",
];
const member = ["read-channel", "read-channel-members", ...talk, "add-links", "upload-attachment", ...own];
const moderator = [
  ...member,
  ...["update-message", "delete-message", "pin-message", "ban-channel-member", "skip-slow-mode"],
  ...["update-channel-frozen", "update-channel-cooldown", "truncate-channel"],
];

/** Default grants (Stream's documentation of default permissions, `messaging` and `livestream`), as far as this server knows the resources. */
const messaging: Record<string, string[]> = {
  admin: everything,
  moderator,
  channel_moderator: moderator,
  channel_member: member,
  user: ["create-channel", "flag-message", ...ownChannel],
  guest: ["flag-message"],
  anonymous: [],
};
const livestream: Record<string, string[]> = {
  ...messaging,
  user: ["read-channel", "create-channel", ...talk, ...own, "add-links"],
  guest: ["read-channel", ...talk, ...own],
  anonymous: ["read-channel"],
  channel_member: [],
};

const settings = {
  typing_events: true,
  read_events: true,
  delivery_events: true,
  connect_events: true,
  custom_events: true,
  search: true,
  reactions: true,
  replies: true,
  quotes: true,
  mutes: true,
  uploads: true,
  url_enrichment: true,
  push_notifications: true,
  reminders: false,
  polls: false,
  mark_messages_pending: false,
  user_message_reminders: false,
  shared_locations: false,
  skip_last_msg_update_for_system_msgs: false,
  message_retention: "infinite",
  max_message_length: 5000,
  automod: "disabled",
  automod_behavior: "flag",
  commands: ["giphy", "flag", "ban", "unban", "mute", "unmute"],
};

/** A type as it is made: settings of its own over the defaults; grants are copied from `messaging`, as the service does. */
export function newChannelType(name: string, given: Record<string, unknown>, now: string): ChannelType {
  const base = name === "livestream" ? livestream : messaging;
  return {
    ...settings,
    ...given,
    name,
    grants: mergeGrants(base, given.grants as Grants),
    created_at: now,
    updated_at: now,
  } as ChannelType;
}

type Grants = Record<string, string[]> | null | undefined;

/** `grants` replaces the lists of the roles that it names, and no others; null brings the defaults back. */
export function mergeGrants(before: Record<string, string[]>, grants: Grants): Record<string, string[]> {
  if (grants === null) return structuredClone(messaging);
  const merged = { ...structuredClone(before), ...grants };
  for (const role of roles) merged[role] ??= [];
  return merged;
}

export const builtIn = ["messaging", "livestream", "team", "commerce", "gaming"];
