import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import { type AccessDecision, findAccess, mayJoinRoom } from "#app/domain/access/decision.ts";
import { hashToken, sessionIdleDays } from "#app/domain/people/sessions.ts";
import type { RoomRole } from "#app/services/livekit.ts";
import type { Db } from "#db/client.ts";
import { readTicket, type TicketHolder } from "./tickets.ts";

/** One tab's place in a room. */
export type Participant = {
  streamId: string;
  identity: string;
  userId: string;
  sessionId: string;
  role: RoomRole;
};

export type Admission =
  | { ok: true; participant: Participant; access: AccessDecision }
  /** 401: we do not know them; 403: we do. `reason` is one word for the log and the client. */
  | { ok: false; status: 401 | 403; reason: string; userId?: string; streamId?: string };

type Needs = Pick<Services, "db" | "livekit" | "config">;

/** Whose token this is: a ticket of ours, or one that LiveKit gave a client that is or was in the room. */
export async function readAnyToken(
  { livekit, config }: Omit<Needs, "db">,
  token: string,
): Promise<TicketHolder | undefined> {
  return (await readTicket(config.sessionSecrets, token)) ?? (await livekit.readToken(token));
}

/**
 * Whether the browser with this session (the cookie's token) may be in the room now, under the identity that its token
 * names. The token alone opens nothing: the identity has to be this session's own, the decision has to say yes at this
 * moment, and a host has to have the lease. `note` is called with who it is before the decision is asked, so that nothing
 * that changes meanwhile is missed. Throws when the database is away.
 */
export async function admit(
  { db }: Pick<Needs, "db">,
  { holder, sessionToken }: { holder: TicketHolder; sessionToken: string },
  note: (participant: Participant) => void = () => {},
): Promise<Admission> {
  const found = await findOwnParticipant(db, { ...holder, sessionToken });
  if (!found) return { ok: false, status: 403, reason: "not_yours", streamId: holder.streamId };
  const { leads, ...participant } = found;
  note(participant);
  const { streamId, userId } = participant;
  const access = await findAccess(db, { streamId, userId });
  if (!access || !mayJoinRoom(access)) {
    const reason = access?.mayWatch ? "not_live" : (access?.reason ?? "no_stream");
    return { ok: false, status: 403, reason, userId, streamId };
  }
  if (participant.role === "host" && !(access.mayHost && leads))
    return { ok: false, status: 403, reason: "not_the_host", userId, streamId };
  return { ok: true, participant, access };
}

async function findOwnParticipant(
  db: Db,
  { streamId, identity, sessionToken }: TicketHolder & { sessionToken: string },
): Promise<(Participant & { leads: boolean }) | undefined> {
  const { rows } = await sql<Participant & { leads: boolean }>`
    select p.stream_id as "streamId", p.identity, p.user_id as "userId", p.session_id as "sessionId", p.role,
      exists (
        select from stream_host_leases lease
        where lease.stream_id = p.stream_id and lease.session_id = p.session_id and lease.tab = p.tab
      ) as leads
    from stream_participants p
    join sessions s on s.id = p.session_id and s.user_id = p.user_id
    join users u on u.id = s.user_id and u.disabled_at is null
    where p.identity = ${identity} and p.stream_id::text = ${streamId} and s.token_hash = ${hashToken(sessionToken)}
      and s.ended_at is null and s.expires_at > clock_timestamp()
      and s.last_seen_at > clock_timestamp() - make_interval(days => ${sessionIdleDays})
  `.execute(db);
  return rows[0];
}
