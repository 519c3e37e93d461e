import { type RawBuilder, sql } from "kysely";
import type { Db } from "#db/client.ts";
import type { StreamChatBefore, StreamEndedReason, StreamStatus } from "#db/types.ts";

/** A stream of a space, as programs of its owners see it. */
export type SpaceStream = {
  id: string;
  experienceId: string;
  title: string;
  description: string;
  status: StreamStatus;
  startsAt: Date;
  timeZone: string;
  lengthMinutes: number;
  chatBefore: StreamChatBefore;
  chatAfterMinutes: number;
  liveAt: Date | null;
  endedAt: Date | null;
  endedReason: StreamEndedReason | null;
  cancelledAt: Date | null;
  editVersion: number;
  /** Its public address: `/space/experience/streams/slug`. */
  path: string;
};

const streamsOf = (
  spaceId: string,
  condition: RawBuilder<unknown>,
  rest: RawBuilder<unknown> = sql``,
) => sql<SpaceStream>`
  select s.id, s.experience_id as "experienceId", s.title, s.description, s.status, s.starts_at as "startsAt",
    s.time_zone as "timeZone", s.length_minutes as "lengthMinutes", s.chat_before as "chatBefore",
    s.chat_after_minutes as "chatAfterMinutes", s.live_at as "liveAt", s.ended_at as "endedAt",
    s.ended_reason as "endedReason", s.cancelled_at as "cancelledAt", s.edit_version as "editVersion",
    '/' || sp.slug || '/' || e.slug || '/streams/' || s.slug as path
  from streams s
  join experiences e on e.id = s.experience_id
  join spaces sp on sp.id = e.space_id
  where e.space_id = ${spaceId}::uuid and ${condition} ${rest}
`;

/** The streams of a space, the last that was scheduled first, at most `most` of those before the stream `before`. */
export async function listSpaceStreams(
  db: Db,
  {
    spaceId,
    experienceId,
    status,
    before,
    most,
  }: { spaceId: string; experienceId?: string; status?: StreamStatus; before?: string; most: number },
): Promise<SpaceStream[]> {
  const conditions = [
    ...(experienceId ? [sql`s.experience_id = ${experienceId}::uuid`] : []),
    ...(status ? [sql`s.status = ${status}::stream_status`] : []),
    ...(before ? [sql`s.id < ${before}::uuid`] : []),
  ];
  const all = conditions.length > 0 ? sql.join(conditions, sql` and `) : sql`true`;
  const { rows } = await streamsOf(spaceId, all, sql`order by s.id desc limit ${most}`).execute(db);
  return rows;
}

/** One stream of this space. */
export async function findSpaceStream(
  db: Db,
  { spaceId, streamId }: { spaceId: string; streamId: string },
): Promise<SpaceStream | undefined> {
  const { rows } = await streamsOf(spaceId, sql`s.id = ${streamId}::uuid`).execute(db);
  return rows[0];
}
