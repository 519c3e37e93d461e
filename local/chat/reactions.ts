import { actorOf, type Call, customOf, type Handler, objectOf, tellChannel, textOf } from "./call.ts";
import { badInput, ChatError, notAllowed, notFound } from "./chat-error.ts";
import { demandMessage } from "./messages.ts";
import type { Channel, Fields, Message, Reaction } from "./objects.ts";
import { demand } from "./permissions.ts";
import { messageShape, userShape } from "./shapes.ts";

/** POST /messages/{id}/reaction; `enforce_unique` takes the place of the person's others. */
export const sendReaction: Handler = (call) => {
  const { world, body, caller } = call;
  const what = "SendReaction";
  const { message, channel } = demandMessage(call, what);
  const given = objectOf(body.reaction);
  const user = actorOf(call, what, given);
  demandReactions(call, channel, what);
  if (caller.user) {
    const ban = world.findBan(user.id, channel.cid);
    if (ban && !ban.shadow) throw notAllowed(what, "Your account is currently suspended from chat.");
  }
  const type = textOf(given.type);
  if (type === "") throw badInput(what, "reaction.type is a required field");
  const before = world.reactions.get(message.id) ?? [];
  const unique = body.enforce_unique === true;
  const kept = before.filter((each) => each.user_id !== user.id || (!unique && each.type !== type));
  const reaction: Reaction = {
    ...{ message_id: message.id, user_id: user.id, type, created_at: world.now() },
    score: typeof given.score === "number" ? given.score : 1,
    custom: customOf(given, [
      "message_id",
      "user_id",
      "user",
      "type",
      "score",
      "created_at",
      "updated_at",
      "message",
    ]),
  };
  world.saveReactions(message.id, [...kept, reaction]);
  tellReaction(
    call,
    channel,
    kept.length < before.length ? "reaction.updated" : "reaction.new",
    message,
    reaction,
  );
  return { message: messageShape(world, message, user.id), reaction: shape(call, reaction) };
};

/** DELETE /messages/{id}/reaction/{type}: one's own. */
export const deleteReaction: Handler = (call) => {
  const { world, params } = call;
  const what = "DeleteReaction";
  const { message, channel } = demandMessage(call, what);
  const user = actorOf(call, what);
  demandReactions(call, channel, what);
  const before = world.reactions.get(message.id) ?? [];
  const reaction = before.find(
    (each) => each.user_id === user.id && each.type === decodeURIComponent(params[1] ?? ""),
  );
  if (!reaction) throw notFound(what, "reaction doesn't exist");
  world.saveReactions(
    message.id,
    before.filter((each) => each !== reaction),
  );
  tellReaction(call, channel, "reaction.deleted", message, reaction);
  return { message: messageShape(world, message, user.id), reaction: shape(call, reaction) };
};

export const listReactions: Handler = (call) => {
  const { world, caller, query, body } = call;
  const { message, channel } = demandMessage(call, "GetReactions");
  demand(world, channel, caller, { resource: "read-channel", what: "GetReactions" });
  const limit = Number(query.get("limit") ?? body.limit ?? 10);
  const offset = Number(query.get("offset") ?? 0);
  const all = (world.reactions.get(message.id) ?? []).toReversed();
  return { reactions: all.slice(offset, offset + limit).map((each) => shape(call, each)) };
};

const shape = ({ world }: Call, { custom, ...reaction }: Reaction): Fields => ({
  ...custom,
  ...reaction,
  updated_at: reaction.created_at,
  user: userShape(world, reaction.user_id),
});

function demandReactions({ world, caller }: Call, channel: Channel, what: string) {
  demand(world, channel, caller, { resource: "create-reaction", what });
  if (world.types.get(channel.type)?.reactions !== true)
    throw new ChatError(19, `${what} failed with error: "reactions are disabled"`);
  if (channel.frozen && !caller.server) throw notAllowed(what, "channel is frozen");
}

function tellReaction(call: Call, channel: Channel, type: string, message: Message, reaction: Reaction) {
  tellChannel(call, channel, {
    ...{ type, message: messageShape(call.world, message), message_id: message.id },
    ...{ reaction: shape(call, reaction), user: userShape(call.world, reaction.user_id) },
  });
}
