import { notAllowed } from "./chat-error.ts";
import type { Channel, User } from "./objects.ts";
import type { World } from "./world.ts";

/** Who asks: our server (no checks), or a person. */
export type Caller = { server: boolean; user: User | undefined };

/** The roles that a person has in a channel: their own in the app, and that of their membership. */
function rolesIn(world: World, channel: Channel, user: User): string[] {
  const member = world.membersOf(channel.cid).get(user.id);
  return member ? [user.role, member.channel_role] : [user.role];
}

/** Whether a person's roles are granted `resource` in a channel; `…-owner` grants count for what is their own. */
export function may(world: World, channel: Channel, user: User, resource: string, owns = false): boolean {
  if (world.app.disable_permissions_checks === true) return true;
  const grants = world.types.get(channel.type)?.grants ?? {};
  return rolesIn(world, channel, user).some((role) => {
    const list = grants[role] ?? [];
    return list.includes(resource) || (owns && list.includes(`${resource}-owner`));
  });
}

/** Throws code 17 unless the caller may. Servers may everything (Stream's documentation: permissions are not checked server-side). */
export function demand(
  world: World,
  channel: Channel,
  caller: Caller,
  { resource, what, owns = false }: { resource: string; what: string; owns?: boolean },
): void {
  if (caller.server) return;
  const { user } = caller;
  if (!user || !may(world, channel, user, resource, owns))
    throw notAllowed(
      what,
      `User '${user?.id ?? ""}' with role ${user?.role ?? "anonymous"} is not allowed to access Resource ${resource} on channel type ${channel.type}`,
    );
  if (channel.disabled) throw notAllowed(what, "channel is disabled");
}

/** What clients go by for each button (stream-chat-react; Stream's documentation of channel capabilities). */
const capabilities: [capability: string, resource: string, feature?: string][] = [
  ["send-message", "create-message"],
  ["send-reply", "create-reply", "replies"],
  ["quote-message", "create-message", "quotes"],
  ["send-reaction", "create-reaction", "reactions"],
  ["update-any-message", "update-message"],
  ["update-own-message", "update-message-owner"],
  ["delete-any-message", "delete-message"],
  ["delete-own-message", "delete-message-owner"],
  ["pin-message", "pin-message"],
  ["ban-channel-members", "ban-channel-member"],
  ["flag-message", "flag-message"],
  ["mute-channel", "mute-channel", "mutes"],
  ["update-channel", "update-channel"],
  ["update-channel-members", "update-channel-members"],
  ["freeze-channel", "update-channel-frozen"],
  ["set-channel-cooldown", "update-channel-cooldown"],
  ["delete-channel", "delete-channel"],
  ["send-links", "add-links"],
  ["upload-file", "upload-attachment", "uploads"],
  ["send-custom-events", "send-custom-event", "custom_events"],
];

export function capabilitiesOf(world: World, channel: Channel, user: User): string[] {
  const type = world.types.get(channel.type);
  const owns = channel.created_by_id === user.id;
  const found = capabilities
    .filter(
      ([, resource, feature]) =>
        (!feature || type?.[feature] === true) && may(world, channel, user, resource, owns),
    )
    .map(([capability]) => capability);
  for (const [capability, feature] of [
    ["typing-events", "typing_events"],
    ["send-typing-events", "typing_events"],
    ["read-events", "read_events"],
    ["connect-events", "connect_events"],
  ] as const) {
    if (type?.[feature] === true && may(world, channel, user, "read-channel")) found.push(capability);
  }
  if (may(world, channel, user, "skip-slow-mode")) found.push("skip-slow-mode");
  else if (channel.cooldown > 0) found.push("slow-mode");
  return found;
}
