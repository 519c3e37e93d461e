import { badInput, notFound } from "./chat-error.ts";
import type { Connection, Hub } from "./hub.ts";
import type { Channel, Fields, Message, User } from "./objects.ts";
import type { Caller } from "./permissions.ts";
import type { Webhooks } from "./webhooks.ts";
import type { World } from "./world.ts";

/** One request, with what it may use. What it tells others is told after its changes are on disk. */
export type Call = {
  world: World;
  hub: Hub;
  webhooks: Webhooks;
  caller: Caller;
  /** The caller's socket, named by `connection_id`: where watching takes place. */
  connection: Connection | undefined;
  body: Fields;
  query: URLSearchParams;
  /** `payload` of a GET, a JSON text in the address. */
  payload: Fields;
  params: string[];
  later: (() => void)[];
};

export type Handler = (call: Call) => Fields;

/** Tells the watchers of a channel, and the webhook. */
export function tellChannel(
  { world, hub, webhooks, later }: Call,
  channel: Channel,
  event: Fields & { type: string },
  { webhook = true, except }: { webhook?: boolean; except?: (userId: string) => boolean } = {},
): void {
  const whole = {
    created_at: world.now(),
    cid: channel.cid,
    channel_type: channel.type,
    channel_id: channel.id,
    ...event,
  };
  later.push(() => {
    hub.toWatchers(channel.cid, whole, except);
    if (webhook) webhooks.send(whole);
  });
}

/** Tells all connections of one person. */
export function tellUser(
  { world, hub, later }: Call,
  userId: string,
  event: Fields & { type: string },
): void {
  const whole = { created_at: world.now(), ...event };
  later.push(() => hub.toUser(userId, whole));
}

export function textOf(value: unknown, fallback = ""): string {
  return typeof value === "string" ? value : fallback;
}

export const objectOf = (value: unknown): Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : {};

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const idsOf = (value: unknown): string[] =>
  listOf(value)
    .map((entry) => (typeof entry === "string" ? entry : textOf(objectOf(entry).user_id)))
    .filter(Boolean);

/** What lies in an object beside the names that the service knows. */
export function customOf(object: Fields, known: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !known.includes(name)));
}

/** The channel that the address names, or code 16. */
export function channelOf({ world, params }: Call, what: string): Channel {
  const cid = `${params[0]}:${params[1]}`;
  const channel = world.channels.get(cid);
  if (!channel) throw notFound(what, `Can't find channel with id ${cid}`);
  return channel;
}

export function messageOf(
  { world }: Call,
  id: string | undefined,
  what: string,
): { message: Message; channel: Channel } {
  const message = world.messages.get(id ?? "");
  const channel = message && world.channels.get(message.cid);
  if (!message || !channel) throw notFound(what, `Message with id ${id} doesn't exist`);
  return { message, channel };
}

/**
 * Who does it: the person who asks, or the one that a server names (`user_id`, `user`, and what `names` lists). A server's
 * `user` is written where it is new, as Stream's documentation of server-side calls says.
 */
export function actorOf(call: Call, what: string, from: Fields = call.body, ...names: string[]): User {
  const { caller, world } = call;
  if (!caller.server) {
    if (!caller.user) throw badInput(what, "user is required");
    return caller.user;
  }
  const given = objectOf(from.user);
  const id = [from.user_id, given.id, ...names.map((name) => from[name]), call.query.get("user_id")]
    .map((each) => (typeof each === "object" ? textOf(objectOf(each).id) : textOf(each)))
    .find(Boolean);
  if (!id) throw badInput(what, "either user or user_id must be provided when using server side auth.");
  const known = world.users.get(id);
  if (known && Object.keys(given).length <= 1) return known;
  if (!known && Object.keys(given).length === 0) throw badInput(what, `The user ${id} doesn't exist`);
  return writeUser(call, { ...given, id });
}

const reserved = [
  "banned",
  "online",
  "last_active",
  "created_at",
  "updated_at",
  "devices",
  "mutes",
  "channel_mutes",
];

/** Writes a person; fields of another are replaced only where they are given. */
export function writeUser({ world }: Call, given: Fields & { id: string }): User {
  if (!/^[\w@!.-]{1,255}$/.test(given.id))
    throw badInput("UpdateUsers", `user.id is not valid: ${given.id.slice(0, 50)}`);
  const known = world.users.get(given.id);
  const at = world.now();
  const fields = Object.fromEntries(Object.entries(given).filter(([name]) => !reserved.includes(name)));
  const user: User = { role: "user", created_at: at, ...known, ...fields, id: given.id, updated_at: at };
  world.saveUser(user);
  return user;
}
