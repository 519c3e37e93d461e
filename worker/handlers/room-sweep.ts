import { sweepRoom } from "#app/domain/participants/removal.ts";
import type { Handler } from "./index.ts";

/** Somebody joined: whoever may not be in the room is taken out of it. */
export const roomSweep: Handler<"room.sweep"> = async (services, { streamId }) => {
  await sweepRoom(services, { streamId, gated: services.config.livekit.publicUrl === null });
};
