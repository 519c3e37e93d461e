import { compareChannel } from "#app/domain/chat/compare.ts";
import type { Handler } from "./index.ts";

export const chatCompare: Handler<"chat.compare"> = async (services, { streamId }) => {
  await compareChannel(services, { streamId });
};
