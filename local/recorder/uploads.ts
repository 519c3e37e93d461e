import { setTimeout as sleep } from "node:timers/promises";
import { PutObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { locationOf, manifestKey, type SegmentOutput, segmentKey } from "./output.ts";
import { eventPlaylist, livePlaylist, type StoredSegment } from "./playlists.ts";

export type CutSegment = { number: number; bytes: Buffer; startsAt: number; seconds: number };

export type Stored = { segments: number; bytes: number };

const contentTypes = { ts: "video/mp2t", m3u8: "application/x-mpegurl", json: "application/json" };

/** Egress tries five times within five seconds. */
const RETRY_MS = [500, 1000, 1500, 2000];

/**
 * Stores a recording in order: a segment, then the playlists that name it. While several segments wait the playlists are
 * written once for all of them. The first upload that fails for good ends the recording: `failed` tells why in
 * Egress's own words.
 */
export function createUploads(
  output: SegmentOutput,
  { stored, failed }: { stored(now: Stored): void; failed(message: string): void },
) {
  const { s3 } = output;
  const client = new S3Client({
    region: s3.region || "us-east-1",
    endpoint: s3.endpoint || undefined,
    forcePathStyle: s3.forcePathStyle,
    credentials: {
      accessKeyId: s3.accessKey,
      secretAccessKey: s3.secret,
      sessionToken: s3.sessionToken || undefined,
    },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 },
  });
  const waiting: CutSegment[] = [];
  const inBucket: StoredSegment[] = [];
  let bytes = 0;
  let broken = false;
  let working: Promise<void> | undefined;

  const put = async (key: string, body: Buffer | string) => {
    const ContentType = contentTypes[key.slice(key.lastIndexOf(".") + 1) as keyof typeof contentTypes];
    for (const wait of [...RETRY_MS, undefined]) {
      try {
        await client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: body, ContentType }));
        return;
      } catch (error) {
        if (wait === undefined || isFinal(error)) throw error;
        await sleep(wait);
      }
    }
  };

  const putPlaylists = async (ended: boolean) => {
    const options = { targetSeconds: output.segmentSeconds, ended };
    await Promise.all([
      put(output.playlistKey, eventPlaylist(inBucket, options)),
      output.livePlaylistKey && put(output.livePlaylistKey, livePlaylist(inBucket, options)),
    ]);
  };

  const work = async () => {
    try {
      while (waiting.length > 0) {
        const segment = waiting[0]!;
        const key = segmentKey(output, segment.number);
        await put(key, segment.bytes);
        waiting.shift();
        bytes += segment.bytes.length;
        const { startsAt, seconds } = segment;
        inBucket.push({ name: key.slice(key.lastIndexOf("/") + 1), startsAt, seconds });
        if (waiting.length === 0) await putPlaylists(false);
        stored({ segments: inBucket.length, bytes });
      }
    } catch (error) {
      broken = true;
      failed(asEgressSays(error));
    } finally {
      working = undefined;
    }
  };

  return {
    add(segment: CutSegment) {
      if (broken) return;
      waiting.push(segment);
      working ??= work();
    },
    /** Waits for what is under way. */
    async settle() {
      while (working) await working;
    },
    /** The manifest and the playlists' ends. False when that failed, or anything before it. */
    async close(manifest: { egressId: string; text(segmentKeys: string[]): string }): Promise<boolean> {
      while (working) await working;
      if (broken) return false;
      try {
        const keys = inBucket.map((_, number) => segmentKey(output, number));
        await Promise.all([
          putPlaylists(true),
          output.manifest && put(manifestKey(output, manifest.egressId), manifest.text(keys)),
        ]);
      } catch (error) {
        broken = true;
        failed(asEgressSays(error));
      }
      return !broken;
    },
    get broken() {
      return broken;
    },
  };
}

/**
 * A refusal stays one; a store that is away, has failed, or is asked too often may take it in a moment. R2 is asked too often
 * where one playlist is written twice within a second (429); Egress repeats that, too (`ShouldRetry` of its S3 uploader).
 */
function isFinal(error: unknown): boolean {
  const status = error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;
  return status >= 400 && status < 500 && status !== 429;
}

/** The manifest's text: its times are nanoseconds, larger than a JavaScript number holds. */
export function manifestText(facts: {
  egressId: string;
  roomId: string;
  roomName: string;
  startedAt: string;
  endedAt: string;
  output: SegmentOutput;
  segmentKeys: string[];
}): string {
  const { s3, playlistKey } = facts.output;
  const playlists = [
    {
      location: locationOf(s3, playlistKey),
      segments: facts.segmentKeys.map((key) => ({ filename: key, location: locationOf(s3, key) })),
    },
  ];
  const names = { egress_id: facts.egressId, room_id: facts.roomId, room_name: facts.roomName };
  const head = JSON.stringify(names).slice(0, -1);
  return `${head},"started_at":${facts.startedAt},"ended_at":${facts.endedAt},"playlists":${JSON.stringify(playlists)}}`;
}

/** The error of a course "wrong secret of the store": a sentence of the Go SDK, which Egress passes on. */
function asEgressSays(error: unknown): string {
  const status = error instanceof S3ServiceException ? (error.$metadata.httpStatusCode ?? 0) : 0;
  const metadata = error instanceof S3ServiceException ? error.$metadata : {};
  const ids = `RequestID: ${metadata.requestId ?? ""}, HostID: ${metadata.extendedRequestId ?? ""}`;
  const { name, message } = error as Error;
  const reason =
    status > 0
      ? `api error ${name}: ${message}, status code: ${status}`
      : `request send failed, ${message || name}`;
  return `S3 upload failed: err: operation error S3: PutObject, https response error StatusCode: ${status}, ${ids}, ${reason}`;
}
