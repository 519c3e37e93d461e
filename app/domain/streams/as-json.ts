import type { SpaceStream } from "./of-space.ts";

/** A stream as the API and webhooks say it. */
export const streamAsJson = (stream: SpaceStream) => ({
  id: stream.id,
  experience_id: stream.experienceId,
  title: stream.title,
  description: stream.description,
  status: stream.status,
  starts_at: stream.startsAt.toISOString(),
  time_zone: stream.timeZone,
  length_minutes: stream.lengthMinutes,
  chat: { before: stream.chatBefore, after_minutes: stream.chatAfterMinutes },
  live_at: stream.liveAt?.toISOString() ?? null,
  ended_at: stream.endedAt?.toISOString() ?? null,
  ended_reason: stream.endedReason,
  cancelled_at: stream.cancelledAt?.toISOString() ?? null,
  path: stream.path,
});
