import { builtIn, newChannelType } from "./channel-types.ts";
import type { Database } from "./database.ts";
import type {
  Ban,
  Channel,
  ChannelType,
  Fields,
  Flag,
  Member,
  Message,
  Mute,
  Reaction,
  Read,
  User,
} from "./objects.ts";

export type World = Awaited<ReturnType<typeof loadWorld>>;

/**
 * Everything the server knows, in memory; each `save…` and `drop…` also notes it for the database, and is acknowledged by
 * `database.commit()`. Messages of a channel are kept in the order in which they were made.
 */
export async function loadWorld(database: Database) {
  const app: Fields = {
    name: "local",
    disable_auth_checks: false,
    disable_permissions_checks: false,
    guest_user_creation_disabled: false,
    enforce_unique_usernames: "no",
    event_hooks: [],
  };
  const types = new Map<string, ChannelType>();
  const users = new Map<string, User>();
  const channels = new Map<string, Channel>();
  const members = new Map<string, Map<string, Member>>();
  const messages = new Map<string, Message>();
  const ofChannel = new Map<string, Message[]>();
  const reactions = new Map<string, Reaction[]>();
  const bans = new Map<string, Ban>();
  const mutes = new Map<string, Mute>();
  const flags = new Map<string, Flag>();
  const reads = new Map<string, Map<string, Read>>();
  let last = 0;

  /** Strictly increasing, because clients order messages by it alone. */
  function now(): string {
    last = Math.max(Date.now(), last + 1);
    return new Date(last).toISOString();
  }

  for (const name of builtIn) types.set(name, newChannelType(name, {}, new Date(0).toISOString()));
  for (const { kind, id, body } of await database.load()) keep(kind, id, body);
  for (const list of ofChannel.values()) list.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  for (const message of messages.values()) last = Math.max(last, Date.parse(message.created_at));

  function keep(kind: string, id: string, body: unknown) {
    switch (kind) {
      case "app":
        return void Object.assign(app, body);
      case "type":
        return void types.set(id, body as ChannelType);
      case "user":
        return void users.set(id, body as User);
      case "channel":
        return void channels.set(id, body as Channel);
      case "member":
        return void inner(members, cidIn(id)).set((body as Member).user_id, body as Member);
      case "message":
        return addMessage(body as Message);
      case "reactions":
        return void reactions.set(id, body as Reaction[]);
      case "ban":
        return void bans.set(id, body as Ban);
      case "mute":
        return void mutes.set(id, body as Mute);
      case "flag":
        return void flags.set(id, body as Flag);
      case "read":
        return void inner(reads, cidIn(id)).set(id.slice(cidIn(id).length + 1), body as Read);
    }
  }

  function addMessage(message: Message) {
    const known = messages.get(message.id);
    messages.set(message.id, message);
    const list = ofChannel.get(message.cid) ?? [];
    ofChannel.set(message.cid, list);
    if (!known) list.push(message);
  }

  function cleared(cid: string, before?: string) {
    const list = ofChannel.get(cid) ?? [];
    const gone = list.filter(({ created_at }) => !before || created_at <= before);
    ofChannel.set(
      cid,
      list.filter((message) => !gone.includes(message)),
    );
    for (const { id } of gone) forgetMessage(id);
  }

  function forgetMessage(id: string) {
    messages.delete(id);
    database.remove("message", id);
    if (reactions.delete(id)) database.remove("reactions", id);
  }

  return {
    ...{ app, types, users, channels, members, messages, reactions, bans, mutes, flags, reads, now },

    messagesOf: (cid: string): Message[] => ofChannel.get(cid) ?? [],
    membersOf: (cid: string): Map<string, Member> => inner(members, cid),
    readsOf: (cid: string): Map<string, Read> => inner(reads, cid),

    saveApp: () => database.put("app", "app", app),
    saveType(type: ChannelType) {
      types.set(type.name, type);
      database.put("type", type.name, type);
    },
    dropType(name: string) {
      types.delete(name);
      database.remove("type", name);
    },
    saveUser(user: User) {
      users.set(user.id, user);
      database.put("user", user.id, user);
    },
    saveChannel(channel: Channel) {
      channels.set(channel.cid, channel);
      database.put("channel", channel.cid, channel);
    },
    dropChannel(cid: string) {
      cleared(cid);
      for (const userId of inner(members, cid).keys()) database.remove("member", `${cid} ${userId}`);
      for (const userId of inner(reads, cid).keys()) database.remove("read", `${cid} ${userId}`);
      members.delete(cid);
      reads.delete(cid);
      channels.delete(cid);
      database.remove("channel", cid);
    },
    saveMember(cid: string, member: Member) {
      inner(members, cid).set(member.user_id, member);
      database.put("member", `${cid} ${member.user_id}`, member);
    },
    dropMember(cid: string, userId: string) {
      inner(members, cid).delete(userId);
      database.remove("member", `${cid} ${userId}`);
    },
    saveMessage(message: Message) {
      addMessage(message);
      database.put("message", message.id, message);
    },
    dropMessage(message: Message) {
      const list = ofChannel.get(message.cid) ?? [];
      const at = list.findIndex(({ id }) => id === message.id);
      if (at >= 0) list.splice(at, 1);
      forgetMessage(message.id);
    },
    /** Hard: the messages are gone. */
    clearMessages: cleared,
    saveReactions(messageId: string, list: Reaction[]) {
      reactions.set(messageId, list);
      database.put("reactions", messageId, list);
    },
    saveBan(ban: Ban) {
      bans.set(banKey(ban), ban);
      database.put("ban", banKey(ban), ban);
    },
    dropBan(ban: Pick<Ban, "user_id" | "cid">): Ban | undefined {
      const known = bans.get(banKey(ban));
      bans.delete(banKey(ban));
      database.remove("ban", banKey(ban));
      return known;
    },
    /** A ban that holds now: one of the channel, or one of the whole app. Shadow bans are told apart by the caller. */
    findBan(userId: string, cid: string): Ban | undefined {
      const at = new Date().toISOString();
      return [bans.get(banKey({ user_id: userId })), bans.get(banKey({ user_id: userId, cid }))].find(
        (ban) => ban && (!ban.expires || ban.expires > at),
      );
    },
    saveMute(mute: Mute) {
      mutes.set(muteKey(mute), mute);
      database.put("mute", muteKey(mute), mute);
    },
    dropMute(mute: Pick<Mute, "user_id" | "target_id" | "cid">) {
      mutes.delete(muteKey(mute));
      database.remove("mute", muteKey(mute));
    },
    saveFlag(flag: Flag) {
      const id = `${flag.user_id} ${flag.target_message_id ?? flag.target_user_id}`;
      flags.set(id, flag);
      database.put("flag", id, flag);
    },
    saveRead(cid: string, userId: string, read: Read) {
      inner(reads, cid).set(userId, read);
      database.put("read", `${cid} ${userId}`, read);
    },
  };
}

const banKey = ({ user_id, cid }: Pick<Ban, "user_id" | "cid">) => `${user_id} ${cid ?? "*"}`;
const muteKey = ({ user_id, target_id, cid }: Pick<Mute, "user_id" | "target_id" | "cid">) =>
  `${user_id} ${target_id ?? ""} ${cid ?? ""}`;
const cidIn = (id: string) => id.slice(0, id.indexOf(" "));

function inner<T>(maps: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = maps.get(key) ?? new Map<string, T>();
  maps.set(key, found);
  return found;
}
