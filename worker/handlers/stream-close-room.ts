import type { Handler } from "./index.ts";

/** Ends the room of a stream that is over. A rehearsal that was begun again in the meantime keeps its room. */
export const streamCloseRoom: Handler<"stream.close-room"> = async ({ db, livekit }, { streamId }) => {
  const running = await db
    .selectFrom("streams")
    .select("id")
    .where("id", "=", streamId)
    .where("status", "in", ["live", "rehearsal"])
    .executeTakeFirst();
  if (!running) await livekit.closeRoom(streamId);
};
