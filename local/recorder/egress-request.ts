import { posix } from "node:path";
import { toCamelCase } from "./egress-info.ts";
import type { SegmentOutput } from "./output.ts";
import { refuse } from "./refusal.ts";

type Fields = Record<string, unknown>;

export type CompositeRequest = {
  roomName: string;
  /** The request with every default, as answers repeat it; without its credentials. */
  composite: Fields;
  output: SegmentOutput;
};

/**
 * Reads the JSON of a `RoomCompositeEgressRequest`. Takes what this recorder can do, which is one HLS output to S3;
 * everything else that the real one offers is refused in words, rather than ignored.
 */
export function readCompositeRequest(body: unknown): CompositeRequest {
  const request = fieldsOf(body);
  const roomName = text(request.roomName);
  if (!roomName)
    throw refuse("invalid_argument", "twirp error unknown: request has missing or invalid field: room_name");
  for (const field of [
    "fileOutputs",
    "streamOutputs",
    "imageOutputs",
    "file",
    "stream",
    "webhooks",
  ] as const) {
    if (isGiven(request[field])) throw unsupported(`"${field}"`);
  }
  for (const field of ["audioOnly", "videoOnly", "customBaseUrl", "preset", "advanced"] as const) {
    if (isGiven(request[field])) throw unsupported(`"${field}"`);
  }
  const single = isGiven(request.segments) ? fieldsOf(request.segments) : undefined;
  const listed = Array.isArray(request.segmentOutputs) ? request.segmentOutputs.map(fieldsOf) : [];
  const outputs = single ? [single, ...listed] : listed;
  if (outputs.length === 0)
    throw refuse("invalid_argument", "twirp error unknown: request has missing or invalid field: output");
  if (outputs.length > 1) throw unsupported("more than one segment output");

  const { output, answered } = readSegmentOutput(outputs[0]!);
  const composite = {
    room_name: roomName,
    layout: text(request.layout),
    audio_only: false,
    audio_mixing: text(request.audioMixing) || "DEFAULT_MIXING",
    video_only: false,
    custom_base_url: "",
    file_outputs: [],
    stream_outputs: [],
    segment_outputs: single ? [] : [answered],
    image_outputs: [],
    webhooks: [],
    ...(single ? { segments: answered } : {}),
  };
  return { roomName, composite, output };
}

function readSegmentOutput(request: Fields): { output: SegmentOutput; answered: Fields } {
  for (const store of ["gcp", "azure", "aliOSS"])
    if (isGiven(request[store])) throw unsupported(`"${store}"`);
  if (!isGiven(request.s3)) throw unsupported("an output without S3");
  if (isGiven(request.filenameSuffix) && request.filenameSuffix !== "INDEX")
    throw unsupported('"filenameSuffix"');
  const s3 = fieldsOf(request.s3);
  for (const field of [
    "assumeRoleArn",
    "assumeRoleExternalId",
    "proxy",
    "metadata",
    "tagging",
    "contentDisposition",
  ]) {
    if (isGiven(s3[field])) throw unsupported(`"s3.${field}"`);
  }
  const prefix = text(request.filenamePrefix);
  if (!prefix || !text(s3.bucket)) {
    throw refuse(
      "invalid_argument",
      "twirp error unknown: request has missing or invalid field: filename_prefix or bucket",
    );
  }
  const segmentSeconds = Number(request.segmentDuration ?? 0) || 4;
  if (!Number.isInteger(segmentSeconds) || segmentSeconds < 1 || segmentSeconds > 60) {
    throw refuse(
      "invalid_argument",
      "twirp error unknown: request has missing or invalid field: segment_duration",
    );
  }
  // Egress puts a playlist that names no folder beside its segments.
  const beside = (name: string) =>
    name && !name.includes("/") ? posix.join(posix.dirname(prefix), name) : name;
  const output: SegmentOutput = {
    prefix,
    playlistKey: beside(text(request.playlistName)) || `${prefix}.m3u8`,
    livePlaylistKey: beside(text(request.livePlaylistName)),
    segmentSeconds,
    manifest: request.disableManifest !== true,
    s3: {
      accessKey: text(s3.accessKey),
      secret: text(s3.secret),
      sessionToken: text(s3.sessionToken),
      region: text(s3.region),
      endpoint: text(s3.endpoint),
      bucket: text(s3.bucket),
      forcePathStyle: s3.forcePathStyle === true,
    },
  };
  const answered = {
    protocol: text(request.protocol) || "DEFAULT_SEGMENTED_FILE_PROTOCOL",
    filename_prefix: prefix,
    playlist_name: output.playlistKey,
    live_playlist_name: output.livePlaylistKey,
    segment_duration: segmentSeconds,
    filename_suffix: "INDEX",
    disable_manifest: !output.manifest,
    s3: {
      access_key: output.s3.accessKey ? "{access_key}" : "",
      secret: output.s3.secret ? "{secret}" : "",
      session_token: output.s3.sessionToken ? "{session_token}" : "",
      assume_role_arn: "",
      assume_role_external_id: "",
      region: output.s3.region,
      endpoint: output.s3.endpoint,
      bucket: output.s3.bucket,
      force_path_style: output.s3.forcePathStyle,
      metadata: {},
      tagging: "",
      content_disposition: "",
      proxy: null,
    },
  };
  return { output, answered };
}

const unsupported = (what: string) =>
  refuse(
    "unimplemented",
    `The local recorder records rooms as HLS segments to S3 and nothing else: it cannot do ${what}. Use LiveKit Egress.`,
  );

/** Protobuf's JSON may use either spelling of a field's name. */
function fieldsOf(value: unknown): Fields {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw refuse("malformed", "the request is not a JSON object of the expected shape");
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [toCamelCase(name), field]));
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === 0) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
