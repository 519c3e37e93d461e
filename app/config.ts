import { isIP } from "node:net";
import { z } from "zod";

const url = (...protocols: string[]) =>
  z.string().refine(
    (text) => {
      try {
        return protocols.includes(new URL(text).protocol);
      } catch {
        return false;
      }
    },
    `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
  );

const secret = z.string().min(16, "must be at least 16 characters long");
const required = z.string().min(1, "is missing");

/** Keys that can be rotated: the first one signs, each of them is accepted. */
const rotated = z
  .string()
  .transform((text) => listed(text))
  .pipe(z.array(secret).min(1, "is missing"));

const listed = (text: string) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

/** The same as the one text, whose keys have names of their own in another variable. */
const pairedSecrets = z
  .string()
  .refine((text) => listed(text).length > 0 && listed(text).every((each) => each.length >= 16), {
    message: "must be at least 16 characters long",
  });

/** An address, a network with the length of its prefix, or one of express's names for such. */
function isProxy(text: string): boolean {
  if (/^(loopback|linklocal|uniquelocal)$/.test(text)) return true;
  const [address = "", prefix = "1", ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  return Number(prefix) >= 1 && Number(prefix) <= (family === 4 ? 32 : 128);
}

const proxies = z
  .string()
  .default("")
  .refine(
    (text) => listed(text).every(isProxy),
    "must be addresses or networks, comma-separated, such as 10.0.0.0/8",
  );

const seconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const environment = z.object({
  PUBLIC_URL: url("http:", "https:"),
  PORT: z.coerce.number().int().min(1).max(65535).default(3000),
  HOST: z.string().default("127.0.0.1"),
  SESSION_SECRET: rotated,
  DATABASE_URL: url("postgres:", "postgresql:"),
  TRUSTED_PROXIES: proxies,
  LIVEKIT_URL: url("http:", "https:", "ws:", "wss:"),
  LIVEKIT_API_KEY: required,
  LIVEKIT_API_SECRET: pairedSecrets,
  LIVEKIT_WEBHOOK_KEY: required,
  LIVEKIT_WEBHOOK_SECRET: pairedSecrets,
  LIVEKIT_PUBLIC_URL: url("http:", "https:", "ws:", "wss:").optional(),
  LIVEKIT_EGRESS_URL: url("http:", "https:", "ws:", "wss:").optional(),
  EGRESS_METRICS_URL: url("http:", "https:").optional(),
  S3_ENDPOINT: url("http:", "https:"),
  S3_REGION: z.string().min(1).default("auto"),
  S3_BUCKET: required,
  S3_ACCESS_KEY_ID: required,
  S3_SECRET_ACCESS_KEY: required,
  RECORDING_S3_ENDPOINT: url("http:", "https:").optional(),
  RECORDING_S3_REGION: z.string().optional(),
  RECORDING_S3_BUCKET: z.string().optional(),
  RECORDING_S3_ACCESS_KEY_ID: z.string().optional(),
  RECORDING_S3_SECRET_ACCESS_KEY: z.string().optional(),
  MEDIA_REDIRECT: z.enum(["0", "1"]).default("0"),
  SMTP_URL: url("smtp:", "smtps:"),
  MAIL_FROM: z.string().regex(/@/, "must be a mail address, such as Frontrow <hello@example.com>"),
  STREAM_API_KEY: required,
  STREAM_API_SECRET: rotated,
  STREAM_URL: url("http:", "https:").default("https://chat.stream-io-api.com"),
  HOST_GRACE_SECONDS: seconds(5, 1800).default(300),
  ROOM_CEILING: z.coerce.number().int().min(0).optional(),
  WEBHOOKS_ALLOW_PRIVATE: z.enum(["0", "1"]).default("0"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

/**
 * Keys that must never stand for each other, since what one signs would pass as signed by the other (ASVS 9.2, 11.2).
 * LiveKit knows which pair a token is from by the key's name alone.
 */
const apart = [
  ["LIVEKIT_WEBHOOK_KEY", "LIVEKIT_API_KEY"],
  ["LIVEKIT_WEBHOOK_SECRET", "LIVEKIT_API_SECRET"],
  ["SESSION_SECRET", "LIVEKIT_API_SECRET"],
  ["SESSION_SECRET", "LIVEKIT_WEBHOOK_SECRET"],
  ["SESSION_SECRET", "STREAM_API_SECRET"],
  ["STREAM_API_SECRET", "LIVEKIT_API_SECRET"],
  ["STREAM_API_SECRET", "LIVEKIT_WEBHOOK_SECRET"],
] as const;

/** Which of them do all the same, by name: those of a rotation count each by itself. */
function sharedKeys(given: Record<string, string | undefined>): string[] {
  return apart.flatMap(([name, other]) => {
    const others = listed(given[other] ?? "");
    const shared = listed(given[name] ?? "").some((key) => others.includes(key));
    return shared ? [`${name} must be another one than ${other}`] : [];
  });
}

/** Who joins LiveKit at its own address passes us by: nobody would count them, and no place would be theirs. */
const roomUnguarded = (given: Record<string, string | undefined>): string[] =>
  given.ROOM_CEILING !== undefined && given.LIVEKIT_PUBLIC_URL !== undefined
    ? ["ROOM_CEILING cannot be kept beside LIVEKIT_PUBLIC_URL: set one of them"]
    : [];

/** Lists that belong together, and are not as long as each other. */
function unequalLists(given: Record<string, string | undefined>): string[] {
  const pairs = [
    ["LIVEKIT_API_SECRET", "LIVEKIT_API_KEY"],
    ["LIVEKIT_WEBHOOK_SECRET", "LIVEKIT_WEBHOOK_KEY"],
  ] as const;
  return pairs.flatMap(([name, other]) =>
    listed(given[name] ?? "").length === listed(given[other] ?? "").length
      ? []
      : [`${name} must have as many keys as ${other}`],
  );
}

const recordingStore = [
  "RECORDING_S3_ENDPOINT",
  "RECORDING_S3_REGION",
  "RECORDING_S3_BUCKET",
  "RECORDING_S3_ACCESS_KEY_ID",
  "RECORDING_S3_SECRET_ACCESS_KEY",
] as const;

/** The store beside is described whole, or there is none; and it is another one, or nothing would outlive the first. */
function halfStore(given: Record<string, string | undefined>): string[] {
  const missing = recordingStore.filter((name) => given[name] === undefined);
  if (missing.length === recordingStore.length) return [];
  if (missing.length > 0)
    return missing.map((name) => `${name} is missing: all of RECORDING_S3_* are set, or none`);
  const isSame =
    given.RECORDING_S3_BUCKET === given.S3_BUCKET &&
    given.RECORDING_S3_ENDPOINT?.replace(/\/+$/, "") === given.S3_ENDPOINT?.replace(/\/+$/, "");
  return isSame ? ["RECORDING_S3_BUCKET must be another bucket than S3_BUCKET, or elsewhere"] : [];
}

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
  const together = [
    ...sharedKeys(given),
    ...roomUnguarded(given),
    ...halfStore(given),
    ...(parsed.success ? unequalLists(given) : []),
  ];
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
    mail: { url: env.SMTP_URL, from: env.MAIL_FROM },
    stream: {
      apiKey: env.STREAM_API_KEY,
      apiSecret: env.STREAM_API_SECRET,
      // The SDK adds paths to it.
      url: env.STREAM_URL.replace(/\/+$/, ""),
    },
    hostGraceSeconds: env.HOST_GRACE_SECONDS,
    /** So many viewers' tabs at most are in a live room, the others get the playlist; null: there is no bound. */
    roomCeiling: env.ROOM_CEILING ?? null,
    webhooksAllowPrivate: env.WEBHOOKS_ALLOW_PRIVATE === "1",
    logLevel: env.LOG_LEVEL,
  };
}
