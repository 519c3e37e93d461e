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

/** The parts of a list in one variable. */
export const listed = (text: string) =>
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

/** Keys of Standard Webhooks, of which two stand beside each other while one is replaced. */
const webhookSecrets = z
  .string()
  .transform((text) => listed(text))
  .pipe(
    z.array(
      z
        .string()
        .regex(
          /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
          "must begin with whsec_, and at least 32 characters of base64",
        ),
    ),
  );

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

/** Every variable, each by itself. */
export const environment = z.object({
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
  MAIL_PER_SECOND: z.coerce.number().min(0.1).max(10_000).optional(),
  MAIL_WEBHOOK_SECRET: webhookSecrets.optional(),
  STREAM_API_KEY: required,
  STREAM_API_SECRET: rotated,
  STREAM_URL: url("http:", "https:").default("https://chat.stream-io-api.com"),
  HOST_GRACE_SECONDS: seconds(5, 1800).default(300),
  ROOM_CEILING: z.coerce.number().int().min(0).optional(),
  ROOM_JOINS_PER_SECOND: z.coerce.number().int().min(1).max(10_000).default(50),
  WEBHOOKS_ALLOW_PRIVATE: z.enum(["0", "1"]).default("0"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

type Given = Record<string, string | undefined>;

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
function sharedKeys(given: Given): string[] {
  return apart.flatMap(([name, other]) => {
    const others = listed(given[other] ?? "");
    const shared = listed(given[name] ?? "").some((key) => others.includes(key));
    return shared ? [`${name} must be another one than ${other}`] : [];
  });
}

/** Who joins LiveKit at its own address passes us by: nobody would count them, and no place would be theirs. */
const roomUnguarded = (given: Given): string[] =>
  given.ROOM_CEILING !== undefined && given.LIVEKIT_PUBLIC_URL !== undefined
    ? ["ROOM_CEILING cannot be kept beside LIVEKIT_PUBLIC_URL: set one of them"]
    : [];

/** Lists that belong together, and are not as long as each other. */
function unequalLists(given: Given): string[] {
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
function halfStore(given: Given): string[] {
  const missing = recordingStore.filter((name) => given[name] === undefined);
  if (missing.length === recordingStore.length) return [];
  if (missing.length > 0)
    return missing.map((name) => `${name} is missing: all of RECORDING_S3_* are set, or none`);
  const isSame =
    given.RECORDING_S3_BUCKET === given.S3_BUCKET &&
    given.RECORDING_S3_ENDPOINT?.replace(/\/+$/, "") === given.S3_ENDPOINT?.replace(/\/+$/, "");
  return isSame ? ["RECORDING_S3_BUCKET must be another bucket than S3_BUCKET, or elsewhere"] : [];
}

/** What variables are together that none of them is by itself; `wellFormed`: nothing is wrong with any. */
export const wrongTogether = (given: Given, { wellFormed }: { wellFormed: boolean }): string[] => [
  ...sharedKeys(given),
  ...roomUnguarded(given),
  ...halfStore(given),
  ...(wellFormed ? unequalLists(given) : []),
];
