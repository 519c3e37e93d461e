import { spawn } from "node:child_process";
import fs from "node:fs";
import type { Socket } from "node:net";
import path from "node:path";
import {
  editionEnvironment,
  givenIn,
  replacedParts,
  writeEnvironmentFile,
  type EditionEnv,
  type Given,
  type PartName,
} from "./environment.ts";
import { takeLock } from "./lock.ts";
import type { Part, Place } from "./part.ts";
import { runBuild } from "./parts/build.ts";
import { chatPart } from "./parts/chat.ts";
import { livekitServerPart } from "./parts/livekit-server.ts";
import { mailPart } from "./parts/mail.ts";
import { runMigrations } from "./parts/migrations.ts";
import { removeData } from "./parts/postgres-user.ts";
import { postgresPart } from "./parts/postgres.ts";
import { recorderPart } from "./parts/recorder.ts";
import { runSeed } from "./parts/seed.ts";
import { storagePart } from "./parts/storage.ts";
import { webPart } from "./parts/web.ts";
import { workerPart } from "./parts/worker.ts";
import { choosePorts, freePort, type Ports } from "./ports.ts";
import { endLeftovers, signal } from "./processes.ts";
import { loadSecrets } from "./secrets.ts";

export type { EditionEnv, PartName } from "./environment.ts";
export type { Part } from "./part.ts";

/** What happens once at a start, beside the parts that go on running. */
export type StepName = "migrations" | "seed" | "build";

export type EditionOptions = {
  /** Where data, logs, ports and keys are kept; other editions have other folders. */
  dir: string;
  /** A line about everything that happens, also later, when a part dies. */
  onLine?: (line: string) => void;
  /** "remembered" (default) takes the ports of the last start where they are free. */
  ports?: "fresh" | "remembered";
  without?: (PartName | StepName)[];
  /** The product's variables: they come before the edition's own, and some stand in for a part. */
  env?: Record<string, string | undefined>;
  signal?: AbortSignal;
  /** More for the environment of single parts; what the recorder knows is in `local/recorder/settings.ts`. */
  more?: More;
  /** False: what LiveKit and the recorder announce reaches nobody (default true). */
  webhooks?: boolean;
  /** False trades the database's promise to survive a power cut for speed: for tests (default true). */
  durable?: boolean;
  /** Whether what runs is ended when this process dies without stopping it (default true). */
  guarded?: boolean;
};

type More = Partial<Record<"recorder" | "web" | "worker", Record<string, string>>>;

export type Edition = {
  dir: string;
  /** Everything in `.local/env`. */
  env: EditionEnv;
  /** The web address as people see it. */
  url: string;
  ports: Ports;
  /** Names of the parts that this edition runs itself. */
  parts: () => string[];
  part(name: PartName | string): Part;
  /** One more web process on a port of its own, beside the first; called web-2, web-3 … Its address is `where`. */
  addWeb(options?: { env?: Record<string, string> }): Promise<Part & { url: string }>;
  addWorker(options?: { env?: Record<string, string> }): Promise<Part>;
  /** Ends everything, in the order in which nothing is lost. */
  stop(): Promise<void>;
};

/**
 * Starts the whole of Frontrow on this machine, each part beside the others as soon as what it needs is there. Throws
 * AlreadyRunning when an edition runs in `dir`, and otherwise with the first thing that failed, after all is ended.
 */
export async function startEdition(options: EditionOptions): Promise<Edition> {
  fs.mkdirSync(options.dir, { recursive: true });
  const dir = fs.realpathSync(options.dir);
  const lock = await takeLock(dir);
  const closing = new AbortController();
  const onLine = options.onLine ?? (() => {});
  const place: Place = { dir, onLine, closing: closing.signal };
  const parts = new Map<string, Part>();
  const dismiss = options.guarded === false ? () => {} : guard(dir);

  try {
    const left = await endLeftovers(dir);
    if (left.length) onLine(line("leftovers", `ended what an earlier run left behind: ${left.join(", ")}`));
    const given = givenIn(options.env ?? {});
    const replaced = replacedParts(given);
    const ports = await choosePorts(path.join(dir, "ports.json"), {
      fresh: options.ports === "fresh",
      fixed: given.PORT ? { web: portOf(given.PORT) } : {},
    });
    const env = editionEnvironment({ given, ports, secrets: loadSecrets(dir) });
    writeEnvironmentFile(dir, env);

    await Promise.race([
      startAll({
        env,
        ports,
        replaced,
        without: new Set(options.without),
        place,
        parts,
        given,
        durable: options.durable,
        more: options.more ?? {},
        webhooks: options.webhooks !== false,
      }),
      aborted(options.signal),
    ]);
    lock.running(env.PUBLIC_URL);
    const stop = once(async () => {
      lock.stopping();
      closing.abort();
      await stopAll(parts);
      await cleanUp();
    });
    return edition({ dir, env, ports, parts, place, stop });
  } catch (error) {
    lock.stopping();
    closing.abort();
    await cleanUp();
    throw error;
  }

  async function cleanUp() {
    await endLeftovers(dir);
    lock.release();
    dismiss();
  }
}

type Start = {
  env: EditionEnv;
  ports: Ports;
  replaced: Set<PartName>;
  without: Set<PartName | StepName>;
  place: Place;
  parts: Map<string, Part>;
  given: Given;
  durable: boolean | undefined;
  more: More;
  webhooks: boolean;
};

async function startAll({
  env,
  ports,
  replaced,
  without,
  place,
  parts,
  given,
  durable,
  more,
  webhooks,
}: Start): Promise<void> {
  /** Starts one part after those that it needs, unless it is left out or given, and tells about it. */
  const run = async (name: PartName, needs: Promise<unknown>[], start: () => Promise<Part>) => {
    await Promise.all(needs);
    if (without.has(name)) return;
    if (replaced.has(name)) return place.onLine(line(name, `given: ${whereGiven(name, given)}`));
    const began = Date.now();
    const part = await start();
    parts.set(name, part);
    place.onLine(line(name, "ready", Date.now() - began, part.where));
  };
  const step = async (name: StepName, needs: Promise<unknown>[], work: () => Promise<string>) => {
    await Promise.all(needs);
    if (without.has(name)) return;
    const began = Date.now();
    const words = await work();
    place.onLine(line(name, words, Date.now() - began));
  };

  const postgres = run("postgres", [], () =>
    postgresPart(
      { port: ports.postgres, password: decodeURIComponent(new URL(env.DATABASE_URL).password), durable },
      place,
    ),
  );
  const storage = run("storage", [], () => storagePart({ port: ports.storage, env }, place));
  const mail = run("mail", [], () => mailPart({ smtp: ports.smtp, web: ports.mailWeb }, place));
  const livekit = run("livekit-server", [], () => livekitServerPart({ ports, env, webhooks }, place));
  const recorder = run("recorder", [livekit, storage], () =>
    recorderPart({ ports, env, webhooks, more: more.recorder }, place),
  );
  const chat = run("chat", [postgres], () => chatPart({ ports, env }, place));
  const build = step("build", [], async () => ((await runBuild(place)) ? "built" : "up to date"));
  const migrations = step("migrations", [postgres], () => runMigrations(env, place));
  const seed = step("seed", [migrations], async () =>
    (await runSeed(env, { ownDatabase: !replaced.has("postgres") }, place))
      ? "demo data is there"
      : "was done before",
  );
  const worker = run("worker", [migrations, storage, mail], () =>
    workerPart({ env: { ...env, ...more.worker } }, place),
  );
  const web = run("web", [migrations, storage, mail, build], () =>
    webPart({ port: ports.web, env: { ...env, ...more.web } }, place),
  );
  await Promise.all([postgres, storage, mail, livekit, recorder, chat, build, migrations, seed, worker, web]);
}

const stopOrder: RegExp[] = [
  /^(web|worker)/,
  /^(recorder|chat)$/,
  /^(livekit-server|mail|storage)$/,
  /^postgres$/,
];

async function stopAll(parts: Map<string, Part>) {
  for (const pattern of stopOrder) {
    await Promise.all(
      [...parts.values()].filter(({ name }) => pattern.test(name)).map((part) => part.stop()),
    );
  }
}

/** A small process that notices the end of this one, and then ends what it left. Gives back how to do without it. */
function guard(dir: string): () => void {
  const program = path.join(import.meta.dirname, "guardian.ts");
  const script = 'cat > /dev/null; exec "$0" "$1" "$2"';
  const child = spawn("sh", ["-c", script, process.execPath, program, dir], {
    // Of its own group, so that Ctrl-C in a terminal does not reach it.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.once("error", () => {});
  child.unref();
  (child.stdin as Socket).unref();
  return () => void (child.pid && signal(-child.pid, "SIGKILL"));
}

function edition(started: {
  dir: string;
  env: EditionEnv;
  ports: Ports;
  parts: Map<string, Part>;
  place: Place;
  stop: () => Promise<void>;
}): Edition {
  const { parts, place, env } = started;
  const nextName = (kind: string) => {
    let number = 2;
    while (parts.has(`${kind}-${number}`)) number++;
    return `${kind}-${number}`;
  };
  return {
    dir: started.dir,
    env,
    url: env.PUBLIC_URL,
    ports: started.ports,
    parts: () => [...parts.keys()],
    part(name) {
      const part = parts.get(name);
      if (!part) throw new Error(`This edition runs no ${name}; it runs ${[...parts.keys()].join(", ")}.`);
      return part;
    },
    async addWeb({ env: more } = {}) {
      const port = await freePort();
      const part = await webPart({ name: nextName("web"), port, env: { ...env, ...more } }, place);
      parts.set(part.name, part);
      return Object.assign(part, { url: `http://127.0.0.1:${port}` });
    },
    async addWorker({ env: more } = {}) {
      const part = await workerPart({ name: nextName("worker"), env: { ...env, ...more } }, place);
      parts.set(part.name, part);
      return part;
    },
    stop: started.stop,
  };
}

/** Empties the edition's data; its ports, keys and programs stay. Throws AlreadyRunning while it runs. */
export async function resetData(dir: string): Promise<void> {
  fs.mkdirSync(dir, { recursive: true });
  const lock = await takeLock(dir);
  try {
    await endLeftovers(fs.realpathSync(dir));
    removeData(dir);
    for (const name of ["storage", "mail", "seeded", "logs"]) {
      fs.rmSync(path.join(dir, name), { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}

function line(name: string, words: string, took?: number, where?: string): string {
  const time = took === undefined ? "" : `${(took / 1000).toFixed(1)} s`;
  return `  ${name.padEnd(15)} ${words}${time ? ` ${time.padStart(Math.max(0, 14 - words.length))}` : ""}${where ? `  ${where}` : ""}`;
}

/** Without user name, password and query, which can be secrets. */
function whereGiven(name: PartName, given: Given): string {
  const variable = {
    postgres: "DATABASE_URL",
    storage: "S3_ENDPOINT",
    "livekit-server": "LIVEKIT_URL",
    mail: "SMTP_URL",
    chat: "STREAM_URL",
    recorder: given.LIVEKIT_EGRESS_URL ? "LIVEKIT_EGRESS_URL" : "LIVEKIT_URL",
    web: "PUBLIC_URL",
    worker: "PUBLIC_URL",
  }[name];
  if (name === "chat" && !given.STREAM_URL) return "GetStream (STREAM_API_KEY)";
  try {
    const { protocol, host } = new URL(given[variable] ?? "");
    return `${protocol}//${host} (${variable})`;
  } catch {
    throw new Error(`${variable} is not a URL.`);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error("PORT must be a number from 1 to 65535.");
  return port;
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(new Error("The start was stopped."));
    signal?.addEventListener("abort", () => reject(new Error("The start was stopped.")), { once: true });
  });
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work());
}
