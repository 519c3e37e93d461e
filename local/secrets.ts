import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const names = [
  "sessionSecret",
  "postgresPassword",
  "livekitApiSecret",
  "livekitWebhookSecret",
  "s3AccessKeyId",
  "s3SecretAccessKey",
  "streamApiSecret",
  "mailWebhookSecret",
] as const;

export type Secrets = Record<(typeof names)[number], string>;

/** The edition's own secrets: made once, kept in `secrets.json` (mode 0600). */
export function loadSecrets(dir: string): Secrets {
  const file = path.join(dir, "secrets.json");
  let stored: Partial<Secrets> = {};
  try {
    stored = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    // The first start, or a file that cannot be read: a new one is written.
  }
  const secrets = Object.fromEntries(
    names.map((name) => [
      name,
      stored[name] || randomBytes(name === "s3AccessKeyId" ? 10 : 32).toString("hex"),
    ]),
  ) as Secrets;
  writePrivately(file, JSON.stringify(secrets, null, 2));
  return secrets;
}

/** Writes a file that only its owner reads, whole or not at all. */
export function writePrivately(file: string, text: string): void {
  const draft = `${file}.new`;
  fs.rmSync(draft, { force: true });
  fs.writeFileSync(draft, text, { mode: 0o600 });
  fs.renameSync(draft, file);
}
