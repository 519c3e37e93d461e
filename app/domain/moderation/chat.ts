import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { findAccess } from "#app/domain/access/decision.ts";
import { notifyChange } from "#app/domain/changes/notices.ts";
import { lockChatRoom } from "#app/domain/chat/rooms.ts";
import type { ActKind } from "./act-kinds.ts";
import { insertAct } from "./acts.ts";

export type ChatSettings = { slowModeSeconds?: number; frozen?: boolean; linksAllowed?: boolean };

/** The service that carries the chat knows slow mode up to two minutes; ours is the same. */
export const mostSlowModeSeconds = 120;

/** Sets slow mode (seconds between two messages of a viewer, 0 to 120; 0: off), freezes the chat, allows viewers' links. */
export async function setChat(
  { db, queue }: Pick<Services, "db" | "queue">,
  { streamId, actorId, settings }: { streamId: string; actorId: string; settings: ChatSettings },
): Promise<{ ok: true } | { ok: false; reason: "no_access" | "slow_mode"; message: string }> {
  const { slowModeSeconds, frozen, linksAllowed } = settings;
  if (
    slowModeSeconds !== undefined &&
    !(Number.isInteger(slowModeSeconds) && slowModeSeconds >= 0 && slowModeSeconds <= mostSlowModeSeconds)
  )
    return { ok: false, reason: "slow_mode", message: "Slow mode is 0 (off) to 120 whole seconds." };
  const access = await findAccess(db, { streamId, userId: actorId });
  if (!access?.mayModerate) return { ok: false, reason: "no_access", message: "You cannot do that here." };
  const { spaceId } = access;
  return db.transaction().execute(async (trx) => {
    const room = await lockChatRoom(trx, { streamId });
    if (!room) return { ok: false, reason: "no_access", message: "You cannot do that here." };
    const acts: { kind: ActKind; details?: { seconds: number } }[] = [];
    if (slowModeSeconds !== undefined && slowModeSeconds !== room.slowModeSeconds)
      acts.push({ kind: "slow_mode_set", details: { seconds: slowModeSeconds } });
    if (frozen !== undefined && frozen !== room.frozen)
      acts.push({ kind: frozen ? "chat_frozen" : "chat_unfrozen" });
    if (linksAllowed !== undefined && linksAllowed !== room.linksAllowed)
      acts.push({ kind: linksAllowed ? "links_allowed" : "links_forbidden" });
    if (acts.length === 0) return { ok: true };
    await sql`
      update streaming_chat_rooms
      set slow_mode_seconds = ${slowModeSeconds ?? room.slowModeSeconds},
        frozen_at = case when ${frozen ?? room.frozen} then coalesce(frozen_at, clock_timestamp()) end,
        links_allowed = ${linksAllowed ?? room.linksAllowed}
      where stream_id = ${streamId}::uuid
    `.execute(trx);
    for (const act of acts) await insertAct(trx, queue, { spaceId, streamId, actorId, ...act });
    await notifyChange(trx, { kind: "stream", streamId });
    return { ok: true };
  });
}
