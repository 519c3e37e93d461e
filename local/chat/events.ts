import { actorOf, channelOf, type Handler, objectOf, tellChannel, tellUser, textOf } from "./call.ts";
import { badInput, ChatError } from "./chat-error.ts";
import { demand } from "./permissions.ts";
import { userShape } from "./shapes.ts";

/** POST …/event: typing, where the type has it, and events of one's own. */
export const sendEvent: Handler = (call) => {
  const { world, body, caller } = call;
  const what = "SendEvent";
  const channel = channelOf(call, what);
  const given = objectOf(body.event);
  const type = textOf(given.type);
  const user = actorOf(call, what, given);
  const config = world.types.get(channel.type);
  demand(world, channel, caller, { resource: "read-channel", what });
  const feature = type.startsWith("typing.") ? "typing_events" : "custom_events";
  if (config?.[feature] !== true)
    throw new ChatError(18, `${what} failed with error: "${type} is not supported by ${channel.type}"`);
  if (feature === "custom_events") {
    if (/^(message|channel|user|member|notification|health|connection|reaction)\./.test(type))
      throw badInput(what, `${type} is a reserved event`);
    demand(world, channel, caller, { resource: "send-custom-event", what });
  }
  const event = { ...given, type, user: userShape(world, user.id) };
  tellChannel(call, channel, event, { webhook: feature === "custom_events" });
  return { event: { ...event, cid: channel.cid, created_at: world.now() } };
};

/** POST …/read: for members of channels that keep read state; `event` null for others. */
export const markRead: Handler = (call) => {
  const { world, caller } = call;
  const what = "MarkRead";
  const channel = channelOf(call, what);
  const user = actorOf(call, what);
  demand(world, channel, caller, { resource: "read-channel", what });
  if (world.types.get(channel.type)?.read_events !== true)
    throw new ChatError(18, `${what} failed with error: "read events are not supported by ${channel.type}"`);
  if (!world.membersOf(channel.cid).has(user.id)) return { event: null };
  const last = world.messagesOf(channel.cid).at(-1);
  const at = world.now();
  world.saveRead(channel.cid, user.id, {
    ...{ last_read: at, unread_messages: 0 },
    ...(last ? { last_read_message_id: last.id } : {}),
  });
  const event = {
    ...{ type: "message.read", user: userShape(world, user.id), last_read_message_id: last?.id },
    ...{ cid: channel.cid, channel_type: channel.type, channel_id: channel.id, created_at: at },
  };
  tellChannel(call, channel, event, { webhook: false });
  tellUser(call, user.id, {
    ...event,
    ...{ type: "notification.mark_read", unread_count: 0, total_unread_count: 0, unread_channels: 0 },
  });
  return { event };
};
