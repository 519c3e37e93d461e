import { sql } from "kysely";
import type { Services } from "#app/context.ts";
import {
  type AccessDecision,
  grantOf,
  listAccessOfPeople,
  mayJoinRoom,
} from "#app/domain/access/decision.ts";
import { keepPlaces } from "#app/domain/devices/places.ts";
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
  | ({ ok: false; status: 401 | 403; reason: string; streamId?: string } & Partial<Asker>);

/** Whose live session asks, whatever it asks for. */
export type Asker = { userId: string; sessionId: string };

/** Whose token this is: a ticket of ours, or one that LiveKit gave a client that is or was in the room. */
export async function readAnyToken(
  { livekit, config }: Pick<Services, "livekit" | "config">,
  token: string,
): Promise<TicketHolder | undefined> {
  return (await readTicket(config.sessionSecrets, token)) ?? (await livekit.readToken(token));
}

/** One who asks to be let in: whose token they brought (undefined: it is nobody's), and the session cookie's token. */
export type Asking = { holder: TicketHolder | undefined; sessionToken: string };

/**
 * Whether each of these browsers may be in the room now, under the identity that its token names. The token alone
 * opens nothing: the identity has to be this session's own, the decision has to say yes at this moment, a host has to
 * have the lease, and a device that watches with a grant its place of it. `note` is called with who it is before the
 * decision is asked, so that nothing that changes meanwhile is missed. A refusal says whose live session it was, also of a
 * token that is nobody's. Answers in the order of the questions; throws when the database is away.
 */
export async function admit(
  db: Db,
  asking: Asking[],
  note: (at: number, participant: Participant) => void = () => {},
): Promise<Admission[]> {
  const { askers, own: found } = await listOwnParticipants(db, asking);
  for (const [at, own] of found) note(at, own.participant);
  const decisions = await decideAbout([...found.values()].map(({ participant }) => participant));
  const admissions = asking.map(({ holder }, at): Admission => {
    const asker = askers.get(at);
    if (!holder) return { ok: false, status: 401, reason: "bad_token", ...asker };
    const { streamId } = holder;
    const own = found.get(at);
    if (!own) return { ok: false, status: 403, reason: "not_yours", streamId, ...asker };
    const { participant, leads } = own;
    const access = decisions.get(`${participant.streamId} ${participant.userId}`);
    if (!access || !mayJoinRoom(access)) {
      const reason = access?.mayWatch ? "not_live" : (access?.reason ?? "no_stream");
      return { ok: false, status: 403, reason, streamId, ...asker };
    }
    if (participant.role === "host" && !(access.mayHost && leads))
      return { ok: false, status: 403, reason: "not_the_host", streamId, ...asker };
    return { ok: true, participant, access };
  });
  const placed = await havePlaces(db, admissions);
  return admissions.map((admission, at) => {
    if (!admission.ok || placed[at]) return admission;
    const { userId, sessionId, streamId } = admission.participant;
    return { ok: false, status: 403, reason: "devices", userId, sessionId, streamId };
  });

  async function decideAbout(participants: Participant[]): Promise<Map<string, AccessDecision>> {
    const streams = Map.groupBy(participants, ({ streamId }) => streamId);
    const decided = new Map<string, AccessDecision>();
    for (const [streamId, people] of streams) {
      const userIds = [...new Set(people.map(({ userId }) => userId))];
      for (const [userId, access] of await listAccessOfPeople(db, { streamId, userIds }))
        decided.set(`${streamId} ${userId}`, access);
    }
    return decided;
  }
}

/** Of those who were let in, who has a place for their device, or needs none. */
async function havePlaces(db: Db, admissions: Admission[]): Promise<boolean[]> {
  const watching = admissions.map((admission) => {
    const grantId = admission.ok ? grantOf(admission.access) : null;
    if (!admission.ok || !grantId) return undefined;
    const { sessionId, streamId } = admission.participant;
    return { grantId, sessionId, streamId };
  });
  const has = await keepPlaces(
    db,
    watching.filter((one) => one !== undefined),
  );
  return watching.map((one) => one === undefined || Boolean(has.shift()));
}

type Own = { participant: Participant; leads: boolean };

/** Whose live sessions ask, and which of the asked-for identities are those sessions' own, by the place of the question. */
async function listOwnParticipants(
  db: Db,
  asking: Asking[],
): Promise<{ askers: Map<number, Asker>; own: Map<number, Own> }> {
  // Each is looked up by itself: how many are asked about is not known when this is planned, and tables would be read whole.
  const { rows } = await sql<
    Asker & { at: number } & (
        | { streamId: string; identity: string; role: RoomRole; leads: boolean }
        | { streamId: null; identity: null; role: null; leads: null }
      )
  >`
    select asked.at::int as at, asker.*, own.*
    from unnest(
      ${asking.map(({ holder }) => holder?.streamId ?? null)}::text[], ${asking.map(({ holder }) => holder?.identity ?? null)}::text[],
      ${asking.map(({ sessionToken }) => hashToken(sessionToken))}::bytea[]
    ) with ordinality as asked (stream_id, identity, token_hash, at)
    cross join lateral (
      select s.user_id as "userId", s.id as "sessionId"
      from sessions s join users u on u.id = s.user_id and u.disabled_at is null
      where s.token_hash = asked.token_hash
        and s.ended_at is null and s.expires_at > clock_timestamp()
        and s.last_seen_at > clock_timestamp() - make_interval(days => ${sessionIdleDays})
      limit 1
    ) asker
    left join lateral (
      select p.stream_id as "streamId", p.identity, p.role,
        exists (
          select from stream_host_leases lease
          where lease.stream_id = p.stream_id and lease.session_id = p.session_id and lease.tab = p.tab
        ) as leads
      from stream_participants p
      where p.identity = asked.identity and p.stream_id::text = asked.stream_id
        and p.session_id = asker."sessionId" and p.user_id = asker."userId"
      limit 1
    ) own on true
  `.execute(db);
  const askers = new Map<number, Asker>();
  const own = new Map<number, Own>();
  for (const { at, userId, sessionId, leads, ...place } of rows) {
    askers.set(at - 1, { userId, sessionId });
    if (place.identity !== null)
      own.set(at - 1, { participant: { ...place, userId, sessionId }, leads: Boolean(leads) });
  }
  return { askers, own };
}
