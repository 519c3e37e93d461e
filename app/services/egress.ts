import {
  EgressClient,
  type EgressInfo,
  EgressStatus,
  S3Upload,
  SegmentedFileOutput,
  TwirpError,
} from "livekit-server-sdk";
import type { LiveKitConfig, StorageConfig } from "#app/config.ts";
import type { RecordingAttemptStatus } from "#db/types.ts";
import { firstPairOf } from "./livekit-pairs.ts";
import { askingByDatabaseClock } from "./livekit-tokens.ts";
import { serviceError } from "./service-error.ts";

export type Egress = ReturnType<typeof createEgress>;

/** What an egress says about itself, by webhook or when asked. */
export type EgressAnnouncement = {
  egressId: string;
  /** The room's name, which is the stream's id. */
  streamId: string;
  status: Exclude<RecordingAttemptStatus, "requested">;
  /** Where it writes its segments, ending with a slash; undefined when it does not write segments of ours. */
  prefix: string | undefined;
  /** Its own words about a failure or an early end; "" where there are none. */
  reason: string;
};

/** A refusal that is certain: nothing was started. Any other failure of a start may have started a recorder. */
const certain = new Set([
  "not_found",
  "invalid_argument",
  "unauthenticated",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "unimplemented",
]);

/** LiveKit Egress through its client and nothing else. Owned by the recordings: see `app/domain/recordings`. */
export function createEgress(
  livekit: LiveKitConfig,
  main: StorageConfig,
  beside: StorageConfig | null = null,
) {
  const { key, secret } = firstPairOf(livekit.apiKey, livekit.apiSecret);
  const client = askingByDatabaseClock(
    new EgressClient(livekit.egressUrl, key, secret, { requestTimeout: 10 }),
    secret,
  );
  return {
    /**
     * Starts a room composite that writes 2 s segments under `prefix` (ends with a slash), in the store beside where there is
     * one and `store` says so; gives the egress id. A ServiceError that is `retryable` leaves open whether it started: ask
     * `list` before trying again.
     */
    async start({
      streamId,
      prefix,
      store = "main",
    }: {
      streamId: string;
      prefix: string;
      store?: "main" | "beside";
    }): Promise<string> {
      const storage = store === "beside" && beside ? beside : main;
      const output = new SegmentedFileOutput({
        filenamePrefix: `${prefix}seg`,
        playlistName: `${prefix}index.m3u8`,
        livePlaylistName: `${prefix}live.m3u8`,
        segmentDuration: 2,
        output: {
          case: "s3",
          value: new S3Upload({
            accessKey: storage.accessKeyId,
            secret: storage.secretAccessKey,
            region: storage.region,
            endpoint: storage.endpoint,
            bucket: storage.bucket,
            forcePathStyle: true,
          }),
        },
      });
      const { egressId } = await asked(
        client.startRoomCompositeEgress(streamId, { segments: output }, { layout: "speaker" }),
      );
      return egressId;
    },

    /** What is known of one egress, or of all that a room has or had. An unknown egress is an empty list. */
    async list(of: { egressId: string } | { streamId: string }): Promise<EgressAnnouncement[]> {
      try {
        const options = "egressId" in of ? { egressId: of.egressId } : { roomName: of.streamId };
        return (await asked(client.listEgress(options))).map(toAnnouncement);
      } catch (error) {
        if ((error as { code?: string }).code === "not_found") return [];
        throw error;
      }
    },

    /**
     * Tells an egress to end. `stopping`: it will, and announces it. `over`: it had ended before, or nobody knows it.
     * Throws a retryable ServiceError when it did not answer.
     */
    async stop(egressId: string): Promise<"stopping" | "over"> {
      try {
        await asked(client.stopEgress(egressId));
        return "stopping";
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === "not_found" || code === "failed_precondition") return "over";
        throw error;
      }
    },

    /**
     * Whether a recorder is free, by the metrics of egress where their URL is configured; otherwise nobody can know.
     */
    async canRecord(): Promise<"yes" | "no" | "unknown"> {
      if (!livekit.egressMetricsUrl) return "unknown";
      try {
        const answer = await fetch(livekit.egressMetricsUrl, {
          redirect: "error",
          signal: AbortSignal.timeout(2000),
        });
        const said = /^livekit_egress_can_accept_request(?:\{[^}]*\})?\s+([\d.]+)/m.exec(await answer.text());
        if (!answer.ok || !said) return "unknown";
        return Number(said[1]) > 0 ? "yes" : "no";
      } catch {
        return "unknown";
      }
    },
  };
}

const statuses: Record<EgressStatus, EgressAnnouncement["status"]> = {
  [EgressStatus.EGRESS_STARTING]: "starting",
  [EgressStatus.EGRESS_ACTIVE]: "active",
  [EgressStatus.EGRESS_ENDING]: "ending",
  [EgressStatus.EGRESS_COMPLETE]: "complete",
  [EgressStatus.EGRESS_FAILED]: "failed",
  [EgressStatus.EGRESS_ABORTED]: "aborted",
  // What it wrote is usable, and it will write no more.
  [EgressStatus.EGRESS_LIMIT_REACHED]: "complete",
};

/** Takes the vendor's description of an egress, from an answer or a webhook. */
export function toAnnouncement(info: EgressInfo): EgressAnnouncement {
  const outputs = info.request.case === "roomComposite" ? info.request.value.segmentOutputs : [];
  const single = info.request.case === "roomComposite" ? info.request.value.output : undefined;
  const output = outputs[0] ?? (single?.case === "segments" ? single.value : undefined);
  const prefix = output?.filenamePrefix.endsWith("/seg") ? output.filenamePrefix.slice(0, -3) : undefined;
  return {
    egressId: info.egressId,
    streamId: info.roomName,
    status: statuses[info.status] ?? "starting",
    prefix,
    reason: (info.error || info.details).slice(0, 300),
  };
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TwirpError) {
      const code = error.code ?? "unknown";
      throw serviceError("egress", `request refused (${code})`, { retryable: !certain.has(code), code });
    }
    throw serviceError("egress", "could not be reached", { retryable: true, code: "unreachable" });
  }
}
