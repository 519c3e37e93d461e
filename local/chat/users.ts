import { type Call, customOf, type Handler, objectOf, listOf, textOf, writeUser } from "./call.ts";
import { badInput, ChatError, notAllowed } from "./chat-error.ts";
import { matches, sorted } from "./filters.ts";
import type { Fields } from "./objects.ts";
import { userShape } from "./shapes.ts";
import { signToken } from "./tokens.ts";

/** POST /users: writes people. A client may write only itself, and neither role nor teams. */
export const upsertUsers: Handler = (call) => {
  const { world, body, caller } = call;
  const written: Fields = {};
  for (const entry of Object.values(objectOf(body.users)).map(objectOf)) {
    const id = textOf(entry.id);
    if (!id) throw badInput("UpdateUsers", "user.id is a required field");
    demandSelf(call, id, entry);
    writeUser(call, { ...entry, id });
    written[id] = { ...userShape(world, id), ...(caller.server ? revoked(call, id) : {}) };
  }
  return { users: written };
};

const revoked = ({ world }: Call, id: string) => {
  const { revoke_tokens_issued_before: before } = world.users.get(id) ?? {};
  return before ? { revoke_tokens_issued_before: before } : {};
};

function demandSelf({ caller }: Call, id: string, fields: Fields) {
  if (caller.server) return;
  if (
    id !== caller.user?.id ||
    "role" in fields ||
    "teams" in fields ||
    "revoke_tokens_issued_before" in fields
  )
    throw notAllowed(
      "UpdateUsers",
      `User '${caller.user?.id}' with role ${caller.user?.role} is not allowed to update user '${id}'`,
    );
}

/** PATCH /users: sets and unsets fields; `revoke_tokens_issued_before` ends tokens, null undoes it. */
export const partialUpdateUsers: Handler = (call) => {
  const { world, body } = call;
  const written: Fields = {};
  for (const entry of listOf(body.users).map(objectOf)) {
    const id = textOf(entry.id);
    const known = world.users.get(id);
    if (!known) throw badInput("UpdateUsersPartial", `user ${id} doesn't exist`);
    const set = objectOf(entry.set);
    demandSelf(call, id, set);
    const user = { ...known, ...set, id, updated_at: world.now() };
    for (const name of listOf(entry.unset)) delete (user as Fields)[textOf(name)];
    world.saveUser(user);
    written[id] = { ...userShape(world, id), ...revoked(call, id) };
  }
  return { users: written };
};

export const queryUsers: Handler = ({ world, payload }) => {
  const found = [...world.users.keys()].map((id) => userShape(world, id));
  const wanted = found.filter((user) => matches(user, objectOf(payload.filter_conditions)));
  const { limit = 30, offset = 0 } = payload as { limit?: number; offset?: number };
  return { users: sorted(wanted, payload.sort).slice(offset, offset + limit) };
};

/** POST /guest: a person of the role guest with a token of their own, unless the app lets no guests in. */
export const makeGuest = (call: Call, apiSecret: string): Fields => {
  const { world, body } = call;
  if (world.app.guest_user_creation_disabled === true)
    throw new ChatError(17, 'CreateGuest failed with error: "guest user creation is disabled"');
  const given = objectOf(body.user);
  const id = `guest-${crypto.randomUUID()}-${textOf(given.id, "guest")}`;
  const user = writeUser(call, { ...customOf(given, ["role", "teams"]), id, role: "guest" });
  return { user: userShape(world, user.id), access_token: signToken(apiSecret, { user_id: id }) };
};
