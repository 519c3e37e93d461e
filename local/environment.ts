import path from "node:path";
import type { Ports } from "./ports.ts";
import { writePrivately, type Secrets } from "./secrets.ts";

/** The programs of the edition, in the order in which a person reads about them. */
export const partNames = [
  "postgres",
  "storage",
  "livekit-server",
  "mail",
  "recorder",
  "chat",
  "web",
  "worker",
] as const;
export type PartName = (typeof partNames)[number];

/** Every name of the product's environment, in the order of `.env.example`. */
export const variableNames = [
  "PUBLIC_URL",
  "PORT",
  "HOST",
  "SESSION_SECRET",
  "DATABASE_URL",
  "TRUSTED_PROXIES",
  "LIVEKIT_URL",
  "LIVEKIT_API_KEY",
  "LIVEKIT_API_SECRET",
  "LIVEKIT_WEBHOOK_KEY",
  "LIVEKIT_WEBHOOK_SECRET",
  "LIVEKIT_PUBLIC_URL",
  "LIVEKIT_EGRESS_URL",
  "EGRESS_METRICS_URL",
  "S3_ENDPOINT",
  "S3_REGION",
  "S3_BUCKET",
  "S3_ACCESS_KEY_ID",
  "S3_SECRET_ACCESS_KEY",
  "RECORDING_S3_ENDPOINT",
  "RECORDING_S3_REGION",
  "RECORDING_S3_BUCKET",
  "RECORDING_S3_ACCESS_KEY_ID",
  "RECORDING_S3_SECRET_ACCESS_KEY",
  "MEDIA_REDIRECT",
  "SMTP_URL",
  "MAIL_FROM",
  "MAIL_PER_SECOND",
  "MAIL_WEBHOOK_SECRET",
  "STREAM_API_KEY",
  "STREAM_API_SECRET",
  "STREAM_URL",
  "HOST_GRACE_SECONDS",
  "ROOM_CEILING",
  "ROOM_JOINS_PER_SECOND",
  "WEBHOOKS_ALLOW_PRIVATE",
  "LOG_LEVEL",
] as const;
type VariableName = (typeof variableNames)[number];

/** With the address where mail is read, which only the local edition has. */
export type EditionEnv = Record<VariableName | "MAIL_WEB_URL", string>;
export type Given = Partial<Record<string, string>>;

/** Each part that the environment can replace: the variable that does it, and what must be given with it. */
const replacements: { by: VariableName; part: PartName; with: VariableName[] }[] = [
  { by: "DATABASE_URL", part: "postgres", with: [] },
  { by: "S3_ENDPOINT", part: "storage", with: ["S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] },
  {
    by: "LIVEKIT_URL",
    part: "livekit-server",
    with: ["LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "LIVEKIT_WEBHOOK_KEY", "LIVEKIT_WEBHOOK_SECRET"],
  },
  { by: "SMTP_URL", part: "mail", with: [] },
  { by: "STREAM_API_KEY", part: "chat", with: ["STREAM_API_SECRET"] },
];

/** What the caller's own environment says about the product; an empty value counts as not given. */
export function givenIn(variables: Given): Given {
  return Object.fromEntries(
    [...variableNames, "MAIL_WEB_URL"].flatMap((name) => (variables[name] ? [[name, variables[name]]] : [])),
  );
}

/** The parts that what is given stands in for. Throws a sentence that names what is missing beside it. */
export function replacedParts(given: Given): Set<PartName> {
  const replaced = new Set<PartName>();
  for (const { by, part, with: others } of replacements) {
    if (!given[by]) continue;
    const missing = others.filter((name) => !given[name]);
    if (missing.length) throw new Error(`${by} is set, so these must be set too: ${missing.join(", ")}.`);
    replaced.add(part);
  }
  // A LiveKit of one's own answers egress calls itself unless another address is given for them.
  if (given.LIVEKIT_EGRESS_URL || given.LIVEKIT_URL) replaced.add("recorder");
  return replaced;
}

/** The whole environment of what runs: what is given, and for the rest the edition's own addresses and keys. */
export function editionEnvironment({
  given,
  ports,
  secrets,
}: {
  given: Given;
  ports: Ports;
  secrets: Secrets;
}): EditionEnv {
  const replaced = replacedParts(given);
  const own: EditionEnv = {
    PUBLIC_URL: `http://127.0.0.1:${ports.web}`,
    PORT: String(ports.web),
    HOST: "127.0.0.1",
    SESSION_SECRET: secrets.sessionSecret,
    DATABASE_URL: `postgres://postgres:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}/frontrow`,
    TRUSTED_PROXIES: "",
    LIVEKIT_URL: `ws://127.0.0.1:${ports.livekit}`,
    LIVEKIT_API_KEY: "frontrow-api",
    LIVEKIT_API_SECRET: secrets.livekitApiSecret,
    LIVEKIT_WEBHOOK_KEY: "frontrow-webhooks",
    LIVEKIT_WEBHOOK_SECRET: secrets.livekitWebhookSecret,
    // Browsers come through the signal gate.
    LIVEKIT_PUBLIC_URL: "",
    LIVEKIT_EGRESS_URL: replaced.has("recorder")
      ? (given.LIVEKIT_URL ?? "")
      : `http://127.0.0.1:${ports.recorder}`,
    EGRESS_METRICS_URL: replaced.has("recorder") ? "" : `http://127.0.0.1:${ports.recorder}/metrics`,
    S3_ENDPOINT: `http://127.0.0.1:${ports.storage}`,
    S3_REGION: "auto",
    S3_BUCKET: "frontrow",
    S3_ACCESS_KEY_ID: secrets.s3AccessKeyId,
    S3_SECRET_ACCESS_KEY: secrets.s3SecretAccessKey,
    // The recorder writes to the one store that there is.
    RECORDING_S3_ENDPOINT: "",
    RECORDING_S3_REGION: "",
    RECORDING_S3_BUCKET: "",
    RECORDING_S3_ACCESS_KEY_ID: "",
    RECORDING_S3_SECRET_ACCESS_KEY: "",
    MEDIA_REDIRECT: "0",
    SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`,
    MAIL_FROM: "hello@frontrow.example",
    MAIL_PER_SECOND: "",
    MAIL_WEBHOOK_SECRET: `whsec_${secrets.mailWebhookSecret}`,
    STREAM_API_KEY: "frontrow-chat",
    STREAM_API_SECRET: secrets.streamApiSecret,
    STREAM_URL: replaced.has("chat") ? "https://chat.stream-io-api.com" : `http://127.0.0.1:${ports.chat}`,
    HOST_GRACE_SECONDS: "300",
    ROOM_CEILING: "",
    ROOM_JOINS_PER_SECOND: "50",
    // Whoever tries webhooks here listens on this machine, which nobody else's browser can reach.
    WEBHOOKS_ALLOW_PRIVATE: "1",
    LOG_LEVEL: "info",
    MAIL_WEB_URL: replaced.has("mail") ? "" : `http://127.0.0.1:${ports.mailWeb}`,
  };
  // Whoever wants to be reached from elsewhere runs `npm run web`; what starts here stays on this machine.
  return { ...own, ...givenIn(given), HOST: own.HOST } as EditionEnv;
}

/** The file that says what runs: `NAME=value` lines, read by its owner alone. */
export function writeEnvironmentFile(dir: string, env: EditionEnv): string {
  const file = path.join(dir, "env");
  const lines = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`);
  writePrivately(file, `${lines.join("\n")}\n`);
  return file;
}

/** As both a shell and `node --env-file` read it. */
function quoted(value: string): string {
  if (/^[\w@%+=:,./-]*$/.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

/** A child's environment: the caller's without any of the product's names, and the edition's own. */
export function childEnvironment(
  env: EditionEnv,
  more: Record<string, string> = {},
): Record<string, string | undefined> {
  const rest: Record<string, string | undefined> = { ...process.env };
  // What test runners say to themselves is not meant for the product.
  for (const name of [...variableNames, "MAIL_WEB_URL", "VITEST", "NODE_OPTIONS", "NODE_ENV"])
    delete rest[name];
  return { ...rest, NODE_ENV: "production", ...env, ...more };
}
