import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ServerBuild } from "@remix-run/node";
import pg from "pg";
import { SMTPServer } from "smtp-server";
import { inject } from "vitest";
import { readConfig } from "#app/config.ts";
import type { Services } from "#app/context.ts";
import { closeServices, openServices } from "#app/open-services.ts";
import { createChat } from "#app/services/chat.ts";
import { createLog } from "#app/services/log.ts";
import { createStorage } from "#app/services/storage.ts";
import { createApp } from "#app/server/app.ts";
import { createGate } from "#app/server/gate/gate.ts";
import { type Db, openDatabase } from "#db/client.ts";
import { unique } from "#tests/factories.ts";

/**
 * A database of its own, as the migrations make it. `drop` when done. Each statement is planned once for all values, which
 * Postgres otherwise begins with after the fifth time on a connection: what fails only then fails at once.
 */
export async function createTestDatabase(): Promise<{ db: Db; url: string; drop(): Promise<void> }> {
  const serverUrl = inject("postgresUrl");
  const name = unique("test").replace("-", "_");
  await onServer(serverUrl, `create database ${name} template template strategy file_copy`);
  const url = withGenericPlans(Object.assign(new URL(serverUrl), { pathname: `/${name}` }));
  const db = openDatabase(url);
  return {
    db,
    url,
    async drop() {
      await db.destroy();
      await onServer(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

function withGenericPlans(url: URL) {
  url.searchParams.set("options", "-c plan_cache_mode=force_generic_plan");
  return url.href;
}

async function onServer(url: string, statement: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export type ReceivedLetter = { to: string[]; raw: string };

/** An SMTP server that keeps what it is given. */
export async function startMailbox(): Promise<{
  url: string;
  letters: ReceivedLetter[];
  close(): Promise<void>;
}> {
  const letters: ReceivedLetter[] = [];
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        letters.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString("utf8"),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    letters,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export type LogLine = Record<string, unknown> & { msg: string };

/**
 * Services on a database of their own and the real servers around; `env` overrides single variables. `logged` gets what
 * they log from `info` on, as it is written.
 */
export async function openTestServices({
  env = {},
  name = "web",
  logged,
}: { env?: Record<string, string>; name?: "web" | "worker"; logged?: LogLine[] } = {}) {
  const database = await createTestDatabase();
  const mailbox = await startMailbox();
  const variables = {
    ...inject("partsEnvironment"),
    PUBLIC_URL: "http://127.0.0.1:3000",
    SESSION_SECRET: "a-secret-of-the-tests-only",
    DATABASE_URL: database.url,
    SMTP_URL: mailbox.url,
    MAIL_FROM: "Frontrow <frontrow@example.com>",
    LOG_LEVEL: "silent",
    ...env,
  };
  const result = readConfig(variables);
  if (!result.ok) throw new Error(result.problems.join("; "));
  const services = await openServices(result.config, name);
  if (logged) {
    const write = (line: string) => void logged.push(JSON.parse(line) as LogLine);
    services.log = createLog({ level: "info", name, destination: { write } });
  }
  return {
    services,
    /** The same as a process of its own is told. */
    variables,
    db: services.db,
    letters: mailbox.letters,
    async close() {
      await closeServices(services);
      await mailbox.close();
      await database.drop();
    },
  };
}

/** Puts something in an object's place behind the product's back: R2's rules, which the product keeps, are not asked. */
export async function putInPlace(
  { config }: Pick<Services, "config">,
  { key, bytes, contentType }: { key: string; bytes: Uint8Array; contentType: string },
): Promise<void> {
  const behind = createStorage({ ...config.storage, endpoint: inject("storeBehind") });
  await behind.write(key, bytes, contentType);
  behind.close();
}

/** The same services, with a chat service that cannot be reached: nobody listens there. */
export function withoutChat(services: Services): Services {
  const chat = createChat({ apiKey: "key", apiSecret: ["secret"], url: "http://127.0.0.1:9" });
  return { ...services, chat };
}

export type TestWeb = Awaited<ReturnType<typeof startTestWeb>>;

/**
 * The web process's own express app with the built pages, listening on a free port, on a database of its own. `fetch`
 * asks it as a browser of ours would; redirects are not followed.
 */
export async function startTestWeb({
  env = {},
  logged,
  attach,
  gated = false,
}: {
  env?: Record<string, string>;
  logged?: LogLine[];
  /** With the signal gate at its addresses, as web has it where browsers do not reach LiveKit itself. */
  gated?: boolean;
  /** What else listens on the server: `attachPageSocket`. */
  attach?: (server: Server, services: Services) => { close(): Promise<void> };
} = {}) {
  // The port is known before the configuration, which holds our own address.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened = await openTestServices({ env: { PUBLIC_URL: url, ...env }, logged });
  const buildFolder = path.join(import.meta.dirname, "../../build");
  const build = (await import(
    /* @vite-ignore */ pathToFileURL(path.join(buildFolder, "server/index.js")).href
  )) as ServerBuild;
  const gate = gated ? createGate(opened.services) : undefined;
  const clientFolder = path.join(buildFolder, "client");
  server.on("request", createApp(opened.services, { build, clientFolder, gate }));
  const attached = attach?.(server, opened.services);
  gate?.attach(server);

  return {
    ...opened,
    url,
    async fetch(
      target: string,
      { cookie, form, ...init }: RequestInit & { cookie?: string; form?: Form } = {},
    ) {
      const headers = new Headers(init.headers);
      if (cookie) headers.set("cookie", cookie);
      const posts = form !== undefined || (init.method ?? "GET") !== "GET";
      if (posts && !headers.has("origin")) headers.set("origin", url);
      const body = form ? new URLSearchParams(form) : init.body;
      const method = init.method ?? (form ? "POST" : "GET");
      return fetch(new URL(target, url), { redirect: "manual", ...init, method, body, headers });
    },
    async close() {
      await attached?.close();
      await gate?.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await opened.close();
    },
  };
}

type Form = Record<string, string> | [string, string][];
