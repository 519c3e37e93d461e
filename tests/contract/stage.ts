import { AsyncLocalStorage } from "node:async_hooks";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  EgressClient,
  RoomServiceClient,
  S3Upload,
  SegmentedFileOutput,
  SegmentedFileProtocol,
  WebhookReceiver,
} from "livekit-server-sdk";
import { startEdition } from "#local/edition.ts";
import { choosePorts } from "#local/ports.ts";
import { startPublisher } from "./publisher.ts";

/** A call of the SDK as it went over the wire. */
export type Call = { method: string; request: Json; status: number; response: Json };
export type Webhook = { contentType: string | undefined; body: Json };
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

export type Stage = Awaited<ReturnType<typeof openStage>>;

/**
 * What a contract test plays on: a real LiveKit server, a real S3 store, and an egress service. With `LIVEKIT_EGRESS_URL`
 * in the environment (and with it LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET and the S3_ variables) all three are
 * those; webhooks are then not looked at, nor is anything killed. Otherwise all is started here, on ports of its own.
 */
export async function openStage() {
  const given = process.env.LIVEKIT_EGRESS_URL ? process.env : undefined;
  const dir = await mkdtemp(join(tmpdir(), "egress-contract-"));
  const edition = given
    ? undefined
    : await startEdition({
        dir,
        ports: "fresh",
        without: ["postgres", "chat", "mail", "web", "worker", "recorder", "migrations", "seed", "build"],
      });
  const env = (given ?? edition!.env) as Record<string, string>;
  const keys = { apiKey: env.LIVEKIT_API_KEY!, apiSecret: env.LIVEKIT_API_SECRET! };
  const rooms = new RoomServiceClient(env.LIVEKIT_URL!.replace(/^ws/, "http"), keys.apiKey, keys.apiSecret);
  const webhooks: Webhook[] = [];
  const unsigned: string[] = [];
  const receiver = edition && receive(edition.ports.web, env, webhooks, unsigned);
  const recorders: ChildProcess[] = [];
  const publishers: Awaited<ReturnType<typeof startPublisher>>[] = [];
  const store = {
    accessKey: env.S3_ACCESS_KEY_ID!,
    secret: env.S3_SECRET_ACCESS_KEY!,
    region: env.S3_REGION ?? "auto",
    endpoint: env.S3_ENDPOINT!,
    bucket: env.S3_BUCKET!,
    forcePathStyle: true,
  };
  const s3 = new S3Client({
    endpoint: store.endpoint,
    region: store.region,
    forcePathStyle: true,
    credentials: { accessKeyId: store.accessKey, secretAccessKey: store.secret },
    responseChecksumValidation: "WHEN_REQUIRED",
  });

  const startRecorder = async (more: Record<string, string> = {}) => {
    const port = String((await choosePorts(join(dir, "none"), { fresh: true })).recorder);
    const child = spawn(process.execPath, ["local/recorder/main.ts"], {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        PATH: process.env.PATH,
        PORT: port,
        WEBHOOK_URL: `http://127.0.0.1:${edition!.ports.web}/webhooks/livekit`,
        LIVEKIT_URL: env.LIVEKIT_URL,
        LIVEKIT_API_KEY: keys.apiKey,
        LIVEKIT_API_SECRET: keys.apiSecret,
        LIVEKIT_WEBHOOK_KEY: env.LIVEKIT_WEBHOOK_KEY,
        LIVEKIT_WEBHOOK_SECRET: env.LIVEKIT_WEBHOOK_SECRET,
        RECORDER_CAPACITY: "8",
        ...more,
      } as Record<string, string> as NodeJS.ProcessEnv,
    });
    recorders.push(child);
    const url = `http://127.0.0.1:${port}`;
    await until(
      "the recorder answers",
      async () => (await fetch(`${url}/healthz`).catch(() => undefined))?.ok,
    );
    return { url, child, client: new EgressClient(url, keys.apiKey, keys.apiSecret) };
  };
  const main = given
    ? { url: given.LIVEKIT_EGRESS_URL!, child: undefined, client: undefined }
    : await startRecorder();
  const client =
    main.client ?? new EgressClient(main.url.replace(/^ws/, "http"), keys.apiKey, keys.apiSecret);

  return {
    /** False for an egress service of somebody else's: what it does inside is out of our reach. */
    own: !given,
    url: main.url,
    keys,
    store,
    rooms,
    client,
    unsigned,
    startRecorder,
    stateFile: (name: string) => join(dir, `${name}.json`),

    /** The bodies of webhooks about one room, in the order of their coming. */
    webhooksOf: (room: string, event: string) =>
      webhooks.filter(
        ({ body }) => body.event.startsWith(event) && (body.egressInfo?.roomName ?? body.room?.name) === room,
      ),

    /** A host with camera and microphone in a room of its own. */
    async publish(room: string, options: Partial<Parameters<typeof startPublisher>[0]> = {}) {
      const publisher = await startPublisher({
        url: env.LIVEKIT_URL!,
        ...keys,
        room,
        camera: { width: 320, height: 180 },
        ...options,
      });
      publishers.push(publisher);
      return publisher;
    },

    output: (prefix: string, segmentDuration: number, change: Partial<typeof store> = {}) =>
      new SegmentedFileOutput({
        protocol: SegmentedFileProtocol.HLS_PROTOCOL,
        filenamePrefix: `${prefix}/seg`,
        playlistName: `${prefix}/index.m3u8`,
        livePlaylistName: `${prefix}/live.m3u8`,
        segmentDuration,
        output: { case: "s3", value: new S3Upload({ ...store, ...change }) },
      }),

    async listKeys(prefix: string): Promise<string[]> {
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: store.bucket, Prefix: `${prefix}/` }),
      );
      return Contents.map(({ Key }) => Key!).sort();
    },

    async read(key: string): Promise<Buffer> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: store.bucket, Key: key }));
      return Buffer.from(await Body!.transformToByteArray());
    },

    async close() {
      await Promise.all(publishers.map((publisher) => publisher.leave().catch(() => publisher.kill())));
      for (const recorder of recorders) if (recorder.exitCode === null) recorder.kill("SIGTERM");
      await Promise.all(recorders.map((recorder) => ended(recorder)));
      receiver?.closeAllConnections();
      receiver?.close();
      await edition?.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The processes of a recorder's recordings. */
export function recordingsOf(recorder: ChildProcess): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  return pairs.filter(([, parent]) => parent === recorder.pid).map(([pid]) => pid);
}

export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => child.once("exit", () => done()));
}

/** Waits until `look` gives something that counts as true, and gives that. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  within = 30_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + within;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`after ${within / 1000} s it was still not so that ${what}`);
    await sleep(100);
  }
}

const callsOfCourse = new AsyncLocalStorage<Call[]>();

/** Runs `play`, and keeps what the SDK sends and hears meanwhile. Courses that run at once do not mix. */
export async function withCalls(play: (calls: Call[]) => Promise<void>): Promise<Call[]> {
  const calls: Call[] = [];
  await callsOfCourse.run(calls, () => play(calls));
  return calls;
}

/** What is asked only to wait is not of a course. */
export const withoutCalls = <T>(ask: () => Promise<T>): Promise<T> => callsOfCourse.exit(ask);

const plainFetch = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const answer = await plainFetch(input, init);
  const method = String(input).match(/\/twirp\/livekit\.Egress\/(\w+)/)?.[1];
  const calls = callsOfCourse.getStore();
  if (method && calls) {
    const response = await answer.clone().json();
    calls.push({ method, request: JSON.parse(String(init?.body)), status: answer.status, response });
  }
  return answer;
};

function receive(port: number, env: Record<string, string>, webhooks: Webhook[], unsigned: string[]) {
  const signed = new WebhookReceiver(env.LIVEKIT_WEBHOOK_KEY!, env.LIVEKIT_WEBHOOK_SECRET!);
  return createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    await signed
      .receive(text, request.headers.authorization)
      .catch((error: Error) => unsigned.push(error.message));
    webhooks.push({ contentType: request.headers["content-type"], body: JSON.parse(text) });
    response.end();
  }).listen(port, "127.0.0.1");
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
