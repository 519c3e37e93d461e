import type { ChannelType, Fields } from "./objects.ts";

/** A channel's `config`: its type's settings. Commands are objects there, and none of them is served here. */
export function configOf(type: ChannelType): Fields {
  const { grants: _, permissions: __, ...config } = type;
  return { ...config, commands: [] };
}
