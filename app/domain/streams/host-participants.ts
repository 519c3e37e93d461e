import { randomBytes } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Services } from "#app/context.ts";
import { findAccess, mayJoinRoom } from "#app/domain/access/decision.ts";
import { mintTicket, type Ticket } from "#app/domain/participants/tickets.ts";
import type { LiveKit } from "#app/services/livekit.ts";
import { isServiceError } from "#app/services/service-error.ts";
import type { Database, Db } from "#db/client.ts";
import { findHolder, type Holder, type HostClaim } from "./lease.ts";

export type HostToken =
  | ({ ok: true } & Ticket)
  | { ok: false; reason: "not_found" | "not_host" | "not_open" | "unreachable" }
  | { ok: false; reason: "elsewhere"; holder: Holder | null };

/**
 * What the host's browser joins the room with, made after the decision and only for the tab that has the lease. The room
 * is opened again if LiveKit lost it, and whoever broadcast before is removed from it. `identity` is opaque; who it is
 * stands in our table.
 */
export async function mintHostToken(
  { db, livekit, config }: Pick<Services, "db" | "livekit" | "config">,
  { streamId, userId, sessionId, tab }: HostClaim,
): Promise<HostToken> {
  const access = await findAccess(db, { streamId, userId });
  if (!access?.mayModerate) return { ok: false, reason: "not_found" };
  if (!access.mayHost) return { ok: false, reason: "not_host" };
  if (!mayJoinRoom(access)) return { ok: false, reason: "not_open" };
  const identity = await insertHostParticipant(db, { streamId, userId, sessionId, tab });
  if (!identity) {
    return { ok: false, reason: "elsewhere", holder: (await findHolder(db, { streamId })) ?? null };
  }
  try {
    await livekit.openRoom(streamId, { graceSeconds: config.hostGraceSeconds });
    await removeOtherHosts(db, livekit, { streamId });
    const mint = { ...livekit, sessionSecrets: config.sessionSecrets };
    return { ok: true, ...(await mintTicket(mint, { streamId, identity, role: "host" })) };
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return { ok: false, reason: "unreachable" };
  }
}

/** The identity of a tab that has the lease, the same each time; undefined for any other tab. */
async function insertHostParticipant(
  db: Db,
  { streamId, userId, sessionId, tab }: HostClaim,
): Promise<string | undefined> {
  const { rows } = await sql<{ identity: string }>`
    insert into stream_participants (identity, stream_id, user_id, session_id, tab, role)
    select ${`h_${randomBytes(12).toString("base64url")}`}, lease.stream_id, lease.user_id, lease.session_id, lease.tab, 'host'
    from stream_host_leases lease
    where lease.stream_id = ${streamId}::uuid and lease.user_id = ${userId}::uuid
      and lease.session_id = ${sessionId}::uuid and lease.tab = ${tab}
    on conflict (stream_id, session_id, tab, role) do update set asked_at = clock_timestamp()
    returning identity
  `.execute(db);
  return rows[0]?.identity;
}

/** The identity that broadcasts this stream by its lease; undefined when nobody has it or never joined. */
export async function findHostIdentity(
  db: Kysely<Database>,
  { streamId }: { streamId: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom("stream_host_leases as lease")
    .innerJoin("stream_participants as p", (join) =>
      join
        .onRef("p.stream_id", "=", "lease.stream_id")
        .onRef("p.session_id", "=", "lease.session_id")
        .onRef("p.tab", "=", "lease.tab")
        .on("p.role", "=", "host"),
    )
    .select("p.identity")
    .where("lease.stream_id", "=", streamId)
    .executeTakeFirst();
  return row?.identity;
}

/**
 * Removes every host from the room who does not have the lease; `alsoHolder`: that one too, who is lost. Throws a
 * ServiceError when LiveKit cannot be reached.
 */
export async function removeOtherHosts(
  db: Db,
  livekit: LiveKit,
  { streamId, alsoHolder = false }: { streamId: string; alsoHolder?: boolean },
): Promise<void> {
  const people = await livekit.listPeople(streamId);
  const present = people?.filter(({ recorder }) => !recorder).map(({ identity }) => identity) ?? [];
  if (present.length === 0) return;
  const hosts = await db
    .selectFrom("stream_participants")
    .select("identity")
    .where("stream_id", "=", streamId)
    .where("role", "=", "host")
    .where("identity", "in", present)
    .execute();
  const keep = alsoHolder ? undefined : await findHostIdentity(db, { streamId });
  for (const { identity } of hosts) {
    if (identity !== keep) await livekit.removePerson(streamId, identity);
  }
}
