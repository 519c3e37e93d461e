import type { z } from "zod";
import { environment, listed, wrongTogether } from "./environment.ts";

export type Config = ReturnType<typeof toConfig>;
export type LiveKitConfig = Config["livekit"];
export type StorageConfig = Config["storage"];
export type StreamConfig = Config["stream"];

export type ConfigResult = { ok: true; config: Config } | { ok: false; problems: string[] };

/**
 * Reads the configuration from environment variables (an empty one counts as not set). Every missing or wrong variable
 * is listed by its name, without its value, since some are secrets.
 */
export function readConfig(variables: Record<string, string | undefined>): ConfigResult {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = environment.safeParse(given);
  const together = wrongTogether(given, { wellFormed: parsed.success });
  if (parsed.success && together.length === 0) return { ok: true, config: toConfig(parsed.data) };
  const problems = (parsed.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    return given[name] === undefined ? `${name} is missing` : `${name} ${sentence(issue)}`;
  });
  return { ok: false, problems: [...new Set([...problems, ...together])].sort() };
}

/** The configuration of this process, or the end of it with the whole list of what is wrong. */
export function configOrExit(): Config {
  const result = readConfig(process.env);
  if (result.ok) return result.config;
  console.error(
    `Frontrow cannot start: its environment has ${result.problems.length === 1 ? "a problem" : "problems"}.\n`,
  );
  for (const problem of result.problems) console.error(`  ${problem}`);
  console.error("\nEvery variable is explained in .env.example.");
  process.exit(1);
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "custom" || issue.message.startsWith("must") || issue.message.startsWith("is "))
    return issue.message;
  if (issue.code === "too_small") return `must be at least ${issue.minimum}`;
  if (issue.code === "too_big") return `must be at most ${issue.maximum}`;
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  return "is not valid";
}

function toConfig(env: z.infer<typeof environment>) {
  const publicUrl = new URL(env.PUBLIC_URL);
  return {
    publicUrl: publicUrl.origin,
    secure: publicUrl.protocol === "https:",
    port: env.PORT,
    host: env.HOST,
    sessionSecrets: env.SESSION_SECRET,
    databaseUrl: env.DATABASE_URL,
    trustedProxies: listed(env.TRUSTED_PROXIES),
    livekit: {
      /** For our own requests. */
      url: env.LIVEKIT_URL.replace(/^ws/, "http"),
      /** For browsers, where they reach LiveKit itself; null: they come through the signal gate on our own origin. */
      publicUrl: env.LIVEKIT_PUBLIC_URL?.replace(/^http/, "ws") ?? null,
      apiKey: env.LIVEKIT_API_KEY,
      apiSecret: env.LIVEKIT_API_SECRET,
      webhookKey: env.LIVEKIT_WEBHOOK_KEY,
      webhookSecret: env.LIVEKIT_WEBHOOK_SECRET,
      egressUrl: (env.LIVEKIT_EGRESS_URL ?? env.LIVEKIT_URL).replace(/^ws/, "http"),
      egressMetricsUrl: env.EGRESS_METRICS_URL,
    },
    storage: {
      endpoint: env.S3_ENDPOINT,
      region: env.S3_REGION,
      bucket: env.S3_BUCKET,
      accessKeyId: env.S3_ACCESS_KEY_ID,
      secretAccessKey: env.S3_SECRET_ACCESS_KEY,
    },
    /** Where recorders write, when it is not the storage that viewers read; null: it is. */
    recordingStorage: env.RECORDING_S3_ENDPOINT
      ? {
          endpoint: env.RECORDING_S3_ENDPOINT,
          region: env.RECORDING_S3_REGION!,
          bucket: env.RECORDING_S3_BUCKET!,
          accessKeyId: env.RECORDING_S3_ACCESS_KEY_ID!,
          secretAccessKey: env.RECORDING_S3_SECRET_ACCESS_KEY!,
        }
      : null,
    mediaRedirect: env.MEDIA_REDIRECT === "1",
    mail: {
      url: env.SMTP_URL,
      from: env.MAIL_FROM,
      /** So many letters about streams in a second at most, of all workers together; null: as fast as the server takes them. */
      perSecond: env.MAIL_PER_SECOND ?? null,
      /** What a provider signs bounces and complaints with; empty: none are taken. */
      webhookSecrets: env.MAIL_WEBHOOK_SECRET ?? [],
    },
    stream: {
      apiKey: env.STREAM_API_KEY,
      apiSecret: env.STREAM_API_SECRET,
      // The SDK adds paths to it.
      url: env.STREAM_URL.replace(/\/+$/, ""),
    },
    hostGraceSeconds: env.HOST_GRACE_SECONDS,
    /** So many viewers' tabs at most are in a live room, the others get the playlist; null: there is no bound. */
    roomCeiling: env.ROOM_CEILING ?? null,
    /** So many of those who wait come into a room a second when it goes live. */
    roomJoinsPerSecond: env.ROOM_JOINS_PER_SECOND,
    webhooksAllowPrivate: env.WEBHOOKS_ALLOW_PRIVATE === "1",
    logLevel: env.LOG_LEVEL,
  };
}
