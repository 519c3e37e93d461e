import { mergeGrants, builtIn, newChannelType } from "./channel-types.ts";
import { type Call, type Handler, objectOf, textOf } from "./call.ts";
import { badInput, notAllowed, notFound } from "./chat-error.ts";
import type { ChannelType, Fields } from "./objects.ts";

function demandServer({ caller }: Call, what: string) {
  if (!caller.server) throw notAllowed(what, "this can only be called server-side");
}

/** GET /app. Clients may read what they need for uploads only. */
export const getApp: Handler = ({ world, caller }) => {
  const uploads = {
    file_upload_config: {
      allowed_file_extensions: [],
      blocked_file_extensions: [],
      allowed_mime_types: [],
      blocked_mime_types: [],
    },
    image_upload_config: {
      allowed_file_extensions: [],
      blocked_file_extensions: [],
      allowed_mime_types: [],
      blocked_mime_types: [],
    },
  };
  if (!caller.server) return { app: { name: world.app.name, ...uploads } };
  const types = [...world.types.values()].map((type) => [type.name, typeShape(type)]);
  return { app: { ...world.app, ...uploads, channel_configs: Object.fromEntries(types) } };
};

export const updateApp: Handler = (call) => {
  demandServer(call, "UpdateApp");
  Object.assign(call.world.app, call.body);
  call.world.saveApp();
  return {};
};

const typeShape = (type: ChannelType): Fields => ({
  ...type,
  commands: (type.commands as string[]).map((name) => ({ name, description: name, args: "", set: "" })),
  permissions: [],
});

export const listTypes: Handler = (call) => {
  demandServer(call, "ListChannelTypes");
  return {
    channel_types: Object.fromEntries(
      [...call.world.types.values()].map((type) => [type.name, typeShape(type)]),
    ),
  };
};

export const createType: Handler = (call) => {
  const { world, body } = call;
  demandServer(call, "CreateChannelType");
  const name = textOf(body.name);
  if (!/^[\w-]{1,64}$/.test(name)) throw badInput("CreateChannelType", "name is not valid");
  if (world.types.has(name)) throw badInput("CreateChannelType", `channel type ${name} already exists`);
  const type = newChannelType(name, withoutAll(body), world.now());
  type.grants = mergeGrants(newChannelType(name, {}, "").grants, body.grants as never);
  world.saveType(type);
  return typeShape(type);
};

/** `commands: ["all"]` stands for every command. */
function withoutAll(body: Fields): Fields {
  const { commands, ...rest } = body;
  return Array.isArray(commands) && commands.includes("all") ? rest : body;
}

function typeOf({ world, params }: Call, what: string): ChannelType {
  const type = world.types.get(params[0] ?? "");
  if (!type) throw notFound(what, `channel type ${params[0]} doesn't exist`);
  return type;
}

export const getType: Handler = (call) => {
  demandServer(call, "GetChannelType");
  return typeShape(typeOf(call, "GetChannelType"));
};

export const updateType: Handler = (call) => {
  const { world, body } = call;
  demandServer(call, "UpdateChannelType");
  const type = typeOf(call, "UpdateChannelType");
  const { grants, name: _, ...settings } = withoutAll(objectOf(body));
  const changed = { ...type, ...settings, updated_at: world.now() } as ChannelType;
  if (grants !== undefined) changed.grants = mergeGrants(type.grants, grants as never);
  world.saveType(changed);
  return typeShape(changed);
};

export const deleteType: Handler = (call) => {
  const { world } = call;
  demandServer(call, "DeleteChannelType");
  const type = typeOf(call, "DeleteChannelType");
  if (builtIn.includes(type.name)) throw badInput("DeleteChannelType", "built-in types can't be deleted");
  if ([...world.channels.values()].some((channel) => channel.type === type.name))
    throw badInput("DeleteChannelType", "the type has channels");
  world.dropType(type.name);
  return {};
};
