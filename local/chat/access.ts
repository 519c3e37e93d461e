import { ChatError } from "./chat-error.ts";
import type { ChatSettings } from "./settings.ts";
import { isRevoked, readToken } from "./tokens.ts";
import type { World } from "./world.ts";

export type Given = {
  apiKey: string | null;
  /** `jwt` or `anonymous`. */
  authType: string | null;
  token: string;
  /** `user_id` of the address, or of the socket's own description. */
  userId: string | null;
};

export type Identity = { server: boolean; userId: string | undefined; anonymous: boolean };

/**
 * Who asks, by key and token: code 2 for another app's key, 5 without a token or with one of somebody else, 40 to 43 as
 * `readToken` and `isRevoked` say. A person without a token is anonymous, and may what the role `anonymous` may.
 */
export function identify(world: World, settings: ChatSettings, given: Given): Identity {
  if (given.apiKey !== settings.apiKey) throw new ChatError(2, "api_key not found");
  if (given.authType === "anonymous" && given.token === "")
    return { server: false, userId: given.userId ?? undefined, anonymous: true };
  if (world.app.disable_auth_checks === true && given.userId)
    return { server: false, userId: given.userId, anonymous: false };
  if (given.token === "") throw new ChatError(5, "Authentication failed: no token was given");
  const claims = readToken(settings.apiSecret, given.token);
  if (claims.server === true) return { server: true, userId: undefined, anonymous: false };
  const userId = claims.user_id;
  if (!userId) throw new ChatError(5, "Authentication failed: the token has no user_id");
  if (given.userId !== null && given.userId !== userId)
    throw new ChatError(5, "Authentication failed: user_id is not the token's");
  const user = world.users.get(userId);
  const appBefore = world.app.revoke_tokens_issued_before as string | undefined;
  if (isRevoked(claims, user?.revoke_tokens_issued_before, appBefore))
    throw new ChatError(40, "This token has been revoked, please generate a new token");
  return { server: false, userId, anonymous: false };
}
