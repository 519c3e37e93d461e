import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import type { PictureWords } from "./pictures/ticket.ts";
import { serviceError } from "./service-error.ts";

export type { PictureWords };

export type Pictures = ReturnType<typeof createPictures>;

const CHILD = `${import.meta.dirname}/pictures/draw-child.ts`;

type Asked = {
  words: PictureWords;
  resolve: (png: Uint8Array) => void;
  reject: (error: Error) => void;
};
type Answer = { png: Uint8Array } | { failed: string };

const refused = (code: "busy" | "timeout" | "crashed" | "undrawable", retryable: boolean, cause?: unknown) =>
  serviceError("pictures", `drawing: ${code}`, { retryable, code, cause });

/**
 * Draws the pictures by which messengers show a stream (satori and resvg), one after the other in a process of its own: a
 * drawing takes a fraction of a second, for which no page waits. The process begins with the first picture and ends when
 * none was asked for during `idleMs`, since its fonts take memory; who comes when `most` wait already is refused.
 */
export function createPictures({ most = 40, timeoutMs = 10_000, idleMs = 60_000 } = {}) {
  let child: ChildProcess | undefined;
  let drawing: (Asked & { timer: NodeJS.Timeout }) | undefined;
  let idle: NodeJS.Timeout | undefined;
  const waiting: Asked[] = [];

  function settle(act: (asked: Asked) => void) {
    const asked = drawing;
    drawing = undefined;
    if (!asked) return;
    clearTimeout(asked.timer);
    act(asked);
    next();
  }

  /** Also when it died by itself: what it was at is refused, and the next picture begins another one. */
  function stop(error: Error) {
    const stopped = child;
    child = undefined;
    stopped?.kill("SIGKILL");
    settle(({ reject }) => reject(error));
  }

  function start(): ChildProcess {
    const started = forkChild();
    started.on("message", (answer: Answer) => {
      if (child !== started) return;
      if ("png" in answer) settle(({ resolve }) => resolve(answer.png));
      else settle(({ reject }) => reject(refused("undrawable", false, answer.failed)));
    });
    const end = (cause?: unknown) => child === started && stop(refused("crashed", true, cause));
    started.on("error", end);
    started.on("exit", () => end());
    // It keeps no process alive; whoever waits for a picture has a request open.
    started.unref();
    started.channel?.unref();
    return started;
  }

  function next() {
    clearTimeout(idle);
    const asked = drawing ? undefined : waiting.shift();
    if (!asked) {
      if (!drawing) idle = setTimeout(() => stop(refused("timeout", true)), idleMs).unref();
      return;
    }
    child ??= start();
    const timer = setTimeout(() => stop(refused("timeout", true)), timeoutMs).unref();
    drawing = { ...asked, timer };
    // One that is dying says so by its exit.
    child.send(asked.words, () => {});
  }

  return {
    /**
     * A stream's picture: a PNG of 1200 × 630 pixels. Whatever the words are, there is one: letters that no font of ours
     * has are boxes in it. Throws a ServiceError: `busy` (too many wait), `timeout` and `crashed` are worth another try.
     */
    draw(words: PictureWords): Promise<Uint8Array> {
      if (waiting.length >= most) return Promise.reject(refused("busy", true));
      return new Promise((resolve, reject) => {
        waiting.push({ words, resolve, reject });
        next();
      });
    },

    /** Ends the process; who waits is refused. */
    close() {
      const left = waiting.splice(0);
      stop(refused("crashed", true));
      clearTimeout(idle);
      for (const { reject } of left) reject(refused("crashed", true));
    },
  };
}

function forkChild(): ChildProcess {
  // Nothing of our environment: keys have no business beside words that strangers wrote. It may read files, which its
  // fonts need, but neither write any nor start a process.
  const permissions = ["--permission", "--allow-addons", "--allow-fs-read=*"];
  const child = fork(CHILD, [], {
    env: {} as NodeJS.ProcessEnv,
    execArgv: [...permissions, "--disable-warning=SecurityWarning", "--max-old-space-size=256"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  // Where the processor is short, pages come first.
  if (child.pid) setPriority(child.pid, 10);
  return child;
}
