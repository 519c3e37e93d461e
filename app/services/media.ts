import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { serviceError } from "./service-error.ts";

export type MediaService = ReturnType<typeof createMediaService>;

/** Pixels in rows from the top, three bytes each. */
export type Picture = { width: number; height: number; rgb: Uint8Array };

export type Jpeg = { width: number; height: number; bytes: Uint8Array };

const CHILD = fileURLToPath(new URL("./media/decode-child.ts", import.meta.url));
/** A picture of 4096×4096; no recorder of ours makes a larger one. */
const MOST_RGB_BYTES = 4096 * 4096 * 3;

/** Native decoding (node-av, in a process of its own) and JPEG (sharp). */
export function createMediaService({ decodeTimeoutMs = 15_000 }: { decodeTimeoutMs?: number } = {}) {
  return {
    /**
     * The picture of one H.264 key frame with its parameter sets (Annex B). Throws a ServiceError: `undecodable` and
     * `crashed` for good; `timeout` and `unavailable` are worth another try on a quieter machine.
     */
    async decodeKeyFrame(keyFrame: Uint8Array): Promise<Picture> {
      const answer = await decodeInChild(keyFrame, decodeTimeoutMs);
      const width = answer.length >= 8 ? answer.readUInt32BE(0) : 0;
      const height = answer.length >= 8 ? answer.readUInt32BE(4) : 0;
      const rgb = answer.subarray(8);
      if (width === 0 || rgb.length !== width * height * 3) throw refused("undecodable", false);
      return { width, height, rgb };
    },

    /** How bright a picture is on average, and how much its pixels differ from that, both 0 to 255. */
    async measure(picture: Picture): Promise<{ brightness: number; contrast: number }> {
      const { channels } = await raw(picture).greyscale().stats();
      return { brightness: channels[0]!.mean, contrast: channels[0]!.stdev };
    },

    /** A JPEG at most `width` × `height` large, of the picture's own shape; never enlarged. */
    async encodeJpeg(picture: Picture, { width, height }: { width: number; height: number }): Promise<Jpeg> {
      const { data, info } = await raw(picture)
        .resize({ width, height, fit: "inside", withoutEnlargement: true })
        .jpeg({ quality: 82, mozjpeg: true })
        .toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, bytes: data };
    },
  };
}

const raw = ({ width, height, rgb }: Picture) => sharp(rgb, { raw: { width, height, channels: 3 } });

const refused = (
  code: "undecodable" | "crashed" | "timeout" | "unavailable",
  retryable: boolean,
  cause?: unknown,
) => serviceError("media", `decoding a key frame: ${code}`, { retryable, code, cause });

function decodeInChild(keyFrame: Uint8Array, timeoutMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Nothing of our environment: keys and tokens have no business beside a stranger's bytes. It may read files, which
    // loading the library needs, but neither write any nor start a process.
    const flags = [
      "--permission",
      "--allow-addons",
      "--allow-fs-read=*",
      "--disable-warning=SecurityWarning",
    ];
    const child = spawn(process.execPath, [...flags, CHILD], {
      env: {} as NodeJS.ProcessEnv,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const chunks: Buffer[] = [];
    let length = 0;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutMs);

    child.stdout.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MOST_RGB_BYTES + 8) child.kill("SIGKILL");
      else chunks.push(chunk);
    });
    // A child that dies early closes the pipe; its exit says what happened.
    child.stdin.on("error", () => {});
    child.stdin.end(keyFrame);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(refused("unavailable", true, error));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (timedOut) reject(refused("timeout", true));
      else if (signal) reject(refused("crashed", false));
      else if (code !== 0) reject(refused("undecodable", false));
      else resolve(Buffer.concat(chunks));
    });
  });
}
