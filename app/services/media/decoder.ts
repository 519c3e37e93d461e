import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { serviceError } from "../service-error.ts";

/** Pixels in rows from the top, three bytes each. */
export type Picture = { width: number; height: number; rgb: Uint8Array };

export type Decoder = ReturnType<typeof openDecoder>;

const CHILD = fileURLToPath(new URL("./decode-child.ts", import.meta.url));
/** A picture of 4096×4096; no recorder of ours makes a larger one. */
const MOST_ANSWER_BYTES = 4096 * 4096 * 3 + 8;
const KINDS = { picture: 0, sound: 1 } as const;

type Failure = "undecodable" | "crashed" | "timeout" | "unavailable";

const refused = (code: Failure, retryable: boolean, cause?: unknown) =>
  serviceError("media", `decoding: ${code}`, { retryable, code, cause });

type Asked = { resolve: (answer: Buffer) => void; reject: (error: Error) => void; timer: NodeJS.Timeout };

/**
 * Decodes key frames and sound, one after the other, in a process of its own, which is there until `close`; one that died
 * is followed by another for the next. `within`: pictures are made as small as that.
 */
export function openDecoder({
  timeoutMs,
  within,
}: {
  timeoutMs: number;
  within?: { width: number; height: number };
}) {
  let child: ChildProcess | undefined;
  let asked: Asked | undefined;
  let chunks: Buffer[] = [];

  function answer(settle: (asked: Asked) => void) {
    const open = asked;
    asked = undefined;
    chunks = [];
    if (!open) return;
    clearTimeout(open.timer);
    settle(open);
  }

  function start(): ChildProcess {
    const started = spawnChild(within);
    const end = (error: Error) => {
      if (child !== started) return;
      child = undefined;
      answer(({ reject }) => reject(error));
    };
    started.stdout!.on("data", (chunk: Buffer) => {
      if (child !== started) return;
      chunks.push(chunk);
      const read = readAnswer(chunks);
      if (read === "too_large") started.kill("SIGKILL");
      else if (read === "none") answer(({ reject }) => reject(refused("undecodable", false)));
      else if (read) answer(({ resolve }) => resolve(read));
    });
    // A child that dies early closes the pipe; its exit says what happened.
    started.stdin!.on("error", () => {});
    started.on("error", (error) => end(refused("unavailable", true, error)));
    started.on("close", (_code, signal) => end(refused(signal ? "crashed" : "undecodable", false)));
    return started;
  }

  function ask(kind: keyof typeof KINDS, bytes: Uint8Array): Promise<Buffer> {
    child ??= start();
    const { stdin } = child;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const late = child;
        child = undefined;
        late?.kill("SIGKILL");
        answer((open) => open.reject(refused("timeout", true)));
      }, timeoutMs);
      asked = { resolve, reject, timer };
      send(stdin!, KINDS[kind], bytes);
    });
  }

  return {
    /**
     * The picture of one H.264 key frame with its parameter sets (Annex B). Throws a ServiceError: `undecodable` and
     * `crashed` for good; `timeout` and `unavailable` are worth another try on a quieter machine.
     */
    async decode(keyFrame: Uint8Array): Promise<Picture> {
      const answer = await ask("picture", keyFrame);
      const [width, height] = [answer.readUInt32BE(0), answer.readUInt32BE(4)];
      if (answer.length !== 8 + width * height * 3) throw refused("undecodable", false);
      return { width, height, rgb: answer.subarray(8) };
    },

    /** How loud the loudest 20 ms or so of some AAC (ADTS) are: 1 is the loudest there is. Throws as `decode`. */
    async loudness(sound: Uint8Array): Promise<number> {
      return (await ask("sound", sound)).readFloatBE(0);
    },

    close() {
      const open = child;
      child = undefined;
      open?.kill("SIGKILL");
      answer(({ reject }) => reject(refused("unavailable", true)));
    },
  };
}

function spawnChild(within: { width: number; height: number } | undefined): ChildProcess {
  // Nothing of our environment: keys and tokens have no business beside a stranger's bytes. It may read files, which
  // loading the library needs, but neither write any nor start a process.
  const flags = ["--permission", "--allow-addons", "--allow-fs-read=*", "--disable-warning=SecurityWarning"];
  const size = within ? [`${within.width}x${within.height}`] : [];
  return spawn(process.execPath, [...flags, CHILD, ...size], {
    env: {} as NodeJS.ProcessEnv,
    stdio: ["pipe", "pipe", "ignore"],
  });
}

function send(stdin: Writable, kind: number, bytes: Uint8Array): void {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 0);
  head[4] = kind;
  stdin.write(head);
  stdin.write(bytes);
}

/** What has come of an answer: all of it when it is whole, `none` for what has none, undefined until then. */
function readAnswer(chunks: Buffer[]): Buffer | "none" | "too_large" | undefined {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (length < 4) return undefined;
  const head = chunks[0]!.length >= 4 ? chunks[0]! : Buffer.concat(chunks);
  const bytes = head.readUInt32BE(0);
  if (bytes === 0) return "none";
  if (bytes > MOST_ANSWER_BYTES || length > bytes + 4) return "too_large";
  if (length < bytes + 4) return undefined;
  return Buffer.concat(chunks).subarray(4);
}
