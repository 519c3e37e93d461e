import { locationOf, type SegmentOutput } from "./output.ts";

/**
 * An egress as LiveKit Egress 1.14.1 puts it into a Twirp answer: snake_case, every default present, 64-bit numbers and
 * nanoseconds as strings. Source: `tests/fixtures/egress-wire.jsonl`.
 */
export type EgressInfo = {
  egress_id: string;
  room_id: string;
  room_name: string;
  source_type: "EGRESS_SOURCE_TYPE_WEB";
  status: EgressStatus;
  started_at: string;
  ended_at: string;
  updated_at: string;
  room_composite: Record<string, unknown>;
  stream_results: never[];
  file_results: never[];
  segment_results: [SegmentsInfo];
  image_results: never[];
  error: string;
  error_code: number;
  details: string;
  manifest_location: string;
  backup_storage_used: boolean;
  retry_count: number;
  /** Deprecated twin of the one segment result; stands there as long as there is only one kind of output. */
  segments: SegmentsInfo;
};

export type EgressStatus =
  | "EGRESS_STARTING"
  | "EGRESS_ACTIVE"
  | "EGRESS_ENDING"
  | "EGRESS_COMPLETE"
  | "EGRESS_FAILED"
  | "EGRESS_ABORTED"
  | "EGRESS_LIMIT_REACHED";

export type SegmentsInfo = {
  playlist_name: string;
  live_playlist_name: string;
  duration: string;
  size: string;
  playlist_location: string;
  live_playlist_location: string;
  segment_count: string;
  started_at: string;
  ended_at: string;
};

const over: EgressStatus[] = ["EGRESS_COMPLETE", "EGRESS_FAILED", "EGRESS_ABORTED", "EGRESS_LIMIT_REACHED"];

export const isOver = ({ status }: EgressInfo) => over.includes(status);

export function newEgress(facts: {
  egressId: string;
  roomId: string;
  roomName: string;
  composite: Record<string, unknown>;
  output: SegmentOutput;
  at: string;
}): EgressInfo {
  const segments: SegmentsInfo = {
    playlist_name: facts.output.playlistKey,
    live_playlist_name: facts.output.livePlaylistKey,
    duration: "0",
    size: "0",
    playlist_location: "",
    live_playlist_location: "",
    segment_count: "0",
    started_at: "0",
    ended_at: "0",
  };
  return {
    egress_id: facts.egressId,
    room_id: facts.roomId,
    room_name: facts.roomName,
    source_type: "EGRESS_SOURCE_TYPE_WEB",
    status: "EGRESS_STARTING",
    started_at: facts.at,
    ended_at: "0",
    updated_at: facts.at,
    room_composite: facts.composite,
    stream_results: [],
    file_results: [],
    segment_results: [segments],
    image_results: [],
    error: "",
    error_code: 0,
    details: "",
    manifest_location: "",
    backup_storage_used: false,
    retry_count: 0,
    segments,
  };
}

export function withSegments(egress: EgressInfo, change: Partial<SegmentsInfo>): EgressInfo {
  const segments = { ...egress.segments, ...change };
  return { ...egress, segment_results: [segments], segments };
}

/** What is known of the bucket: sizes and places stand there only once something does. */
export function storedSegments(
  output: SegmentOutput,
  now: { segments: number; bytes: number },
): Partial<SegmentsInfo> {
  if (now.segments === 0) return {};
  return {
    size: String(now.bytes),
    segment_count: String(now.segments),
    playlist_location: locationOf(output.s3, output.playlistKey),
    live_playlist_location: output.livePlaylistKey ? locationOf(output.s3, output.livePlaylistKey) : "",
  };
}

/** The names of enums' zero values, which protobuf leaves out. */
const zeroNames = new Set([
  "EGRESS_SOURCE_TYPE_WEB",
  "EGRESS_STARTING",
  "DEFAULT_MIXING",
  "INDEX",
  "DEFAULT_SEGMENTED_FILE_PROTOCOL",
]);

/** The same as a webhook says it: camelCase, without what has its default value. */
export function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([, field]) => !isDefault(field));
  return Object.fromEntries(kept.map(([name, field]) => [toCamelCase(name), withoutDefaults(field)]));
}

function isDefault(field: unknown): boolean {
  if (field === null || field === "" || field === 0 || field === "0" || field === false) return true;
  if (typeof field === "string") return zeroNames.has(field);
  return typeof field === "object" && Object.keys(field).length === 0;
}

export const toCamelCase = (name: string) =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
