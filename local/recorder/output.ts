import { posix } from "node:path";

/** Where a request's S3 credentials let a recording be stored; the words are those of the request. */
export type S3Output = {
  accessKey: string;
  secret: string;
  sessionToken: string;
  region: string;
  endpoint: string;
  bucket: string;
  forcePathStyle: boolean;
};

/** One HLS recording, as asked for. Keys are in the bucket. */
export type SegmentOutput = {
  prefix: string;
  playlistKey: string;
  livePlaylistKey: string;
  segmentSeconds: number;
  manifest: boolean;
  s3: S3Output;
};

export const segmentKey = ({ prefix }: SegmentOutput, number: number) =>
  `${prefix}_${String(number).padStart(5, "0")}.ts`;

export const manifestKey = ({ playlistKey }: SegmentOutput, egressId: string) =>
  posix.join(posix.dirname(playlistKey), `${egressId}.json`);

/** Egress says https whatever the endpoint is. */
export function locationOf({ endpoint, bucket, forcePathStyle }: S3Output, key: string): string {
  const host = endpoint ? endpoint.replace(/^[a-z]+:\/\//, "").replace(/\/+$/, "") : "s3.amazonaws.com";
  return forcePathStyle ? `https://${host}/${bucket}/${key}` : `https://${bucket}.${host}/${key}`;
}
