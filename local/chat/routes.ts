import * as app from "./app.ts";
import type { Handler } from "./call.ts";
import * as channels from "./channels.ts";
import * as events from "./events.ts";
import * as members from "./members.ts";
import * as messages from "./messages.ts";
import * as moderation from "./moderation.ts";
import * as reactions from "./reactions.ts";
import * as users from "./users.ts";

type Route = { method: string; pattern: RegExp; handler: Handler };

const part = "([^/]+)";
const route = (method: string, path: string, handler: Handler): Route => ({
  method,
  pattern: new RegExp(`^${path.replaceAll("*", part)}$`),
  handler,
});

/** Every endpoint that is served, as stream-chat 9.53 calls them (`client.ts`, `channel.ts`, `moderation.ts`). */
export const routes: readonly Route[] = [
  route("POST", "/users", users.upsertUsers),
  route("PATCH", "/users", users.partialUpdateUsers),
  route("GET", "/users", users.queryUsers),
  route("GET", "/app", app.getApp),
  route("PATCH", "/app", app.updateApp),
  route("GET", "/channeltypes", app.listTypes),
  route("POST", "/channeltypes", app.createType),
  route("GET", "/channeltypes/*", app.getType),
  route("PUT", "/channeltypes/*", app.updateType),
  route("DELETE", "/channeltypes/*", app.deleteType),
  route("POST", "/channels", channels.queryChannels),
  route("POST", "/channels/*/query", channels.queryChannel),
  route("POST", "/channels/*/*/query", channels.queryChannel),
  route("POST", "/channels/*/*/stop-watching", channels.stopWatching),
  route("POST", "/channels/*/*/message", messages.sendMessage),
  route("POST", "/channels/*/*/event", events.sendEvent),
  route("POST", "/channels/*/*/read", events.markRead),
  route("POST", "/channels/*/*/truncate", channels.truncateChannel),
  route("PATCH", "/channels/*/*/member", members.updateMemberPartial),
  route("PATCH", "/channels/*/*/member/*", members.updateMemberPartial),
  route("POST", "/channels/*/*", channels.updateChannel),
  route("PATCH", "/channels/*/*", channels.updateChannelPartial),
  route("DELETE", "/channels/*/*", channels.deleteChannel),
  route("GET", "/members", channels.queryMembers),
  route("GET", "/messages/*", messages.getMessage),
  route("POST", "/messages/*", messages.updateMessage),
  route("PUT", "/messages/*", messages.partialUpdateMessage),
  route("DELETE", "/messages/*", messages.deleteMessage),
  route("POST", "/messages/*/undelete", messages.undeleteMessage),
  route("GET", "/messages/*/replies", messages.getReplies),
  route("POST", "/messages/*/reaction", reactions.sendReaction),
  route("DELETE", "/messages/*/reaction/*", reactions.deleteReaction),
  route("GET", "/messages/*/reactions", reactions.listReactions),
  route("POST", "/messages/*/reactions", reactions.listReactions),
  route("POST", "/moderation/ban", moderation.banUser),
  route("DELETE", "/moderation/ban", moderation.unbanUser),
  route("GET", "/query_banned_users", moderation.queryBannedUsers),
  route("POST", "/moderation/mute", moderation.muteUser),
  route("POST", "/moderation/unmute", moderation.unmuteUser),
  route("POST", "/api/v2/moderation/mute", moderation.muteUser),
  route("POST", "/api/v2/moderation/unmute", moderation.unmuteUser),
  route("POST", "/moderation/mute/channel", moderation.muteChannel),
  route("POST", "/moderation/unmute/channel", moderation.unmuteChannel),
  route("POST", "/moderation/flag", moderation.flag),
  route("POST", "/api/v2/moderation/flag", moderation.flag),
];

export function findRoute(method: string, path: string): { route: Route; params: string[] } | undefined {
  for (const each of routes) {
    if (each.method !== method) continue;
    const found = each.pattern.exec(path);
    if (found) return { route: each, params: found.slice(1).map((param) => decodeURIComponent(param)) };
  }
  return undefined;
}
