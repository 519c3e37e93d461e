import type { StreamChatBefore, StreamStatus } from "#db/types.ts";

/** What a stream is called, and when it is, as whoever shows or edits it has to know it. */
export type StreamColumns = {
  id: string;
  title: string;
  description: string;
  status: StreamStatus;
  startsAt: Date;
  wallTime: string;
  timeZone: string;
  lengthMinutes: number;
  chatBefore: StreamChatBefore;
  chatAfterMinutes: number;
  editVersion: number;
};

/** The same of a stream `s`, to be selected. */
export const streamColumns = [
  "s.id",
  "s.title",
  "s.description",
  "s.status",
  "s.starts_at as startsAt",
  "s.wall_time as wallTime",
  "s.time_zone as timeZone",
  "s.length_minutes as lengthMinutes",
  "s.chat_before as chatBefore",
  "s.chat_after_minutes as chatAfterMinutes",
  "s.edit_version as editVersion",
] as const;
