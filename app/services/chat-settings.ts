import type { AppSettings } from "stream-chat";

/**
 * What nobody but our server may do at the chat service: everything except reading, and that only for members. Every
 * role there is gets its list, because a role that is not named keeps the one it had.
 */
const grants: Record<string, string[]> = {
  anonymous: [],
  guest: [],
  user: [],
  channel_member: ["read-channel"],
  channel_moderator: ["read-channel"],
  moderator: [],
  admin: [],
};

/** Features of the channel type. What is off cannot be used by any client, whatever it sends. */
const features = {
  typing_events: false,
  read_events: false,
  delivery_events: false,
  connect_events: false,
  custom_events: false,
  reactions: true,
  replies: false,
  quotes: false,
  polls: false,
  search: false,
  mutes: false,
  uploads: false,
  url_enrichment: false,
  push_notifications: false,
  reminders: false,
  mark_messages_pending: false,
  user_message_reminders: false,
  shared_locations: false,
  skip_last_msg_update_for_system_msgs: false,
  automod: "disabled",
  /** Ours are shorter: this one counts in another way, and must never refuse one of them. */
  max_message_length: 5000,
} as const;

export const channelSettings = { ...features, commands: [] as string[], grants };

/** The SDK's type does not know all that the service takes. */
export const appSettings: AppSettings & { guest_user_creation_disabled: boolean } = {
  disable_auth_checks: false,
  disable_permissions_checks: false,
  guest_user_creation_disabled: true,
};

/** What of an app is not as we need it, in words. */
export function compareAppSettings(app: Record<string, unknown>): string[] {
  const differing = [];
  if (app.disable_auth_checks)
    differing.push("the app's authentication checks are off (disable_auth_checks)");
  if (app.disable_permissions_checks)
    differing.push("the app's permission checks are off (disable_permissions_checks)");
  if (app.guest_user_creation_disabled !== true)
    differing.push("the app lets guests in (guest_user_creation_disabled)");
  return differing;
}

/** What of our channel type is not as we need it, in words. A setting that the service does not know is left alone. */
export function compareChannelType(type: Record<string, unknown>): string[] {
  const differing: string[] = [];
  for (const [name, wanted] of Object.entries(features)) {
    if (name in type && type[name] !== wanted)
      differing.push(`the channel type's ${name} is ${String(type[name])}, not ${String(wanted)}`);
  }
  const given = (type.grants ?? {}) as Record<string, string[]>;
  for (const role of new Set([...Object.keys(grants), ...Object.keys(given)])) {
    const [wanted, found] = [grants[role] ?? [], given[role] ?? []].map((list) =>
      [...list].sort().join(", "),
    );
    if (wanted !== found)
      differing.push(
        `the channel type lets the role ${role} do “${found || "nothing"}”, not “${wanted || "nothing"}”`,
      );
  }
  return differing;
}
