import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type NativeAsk = { url: string; token: string; seconds: number };
export type NativeAnswer = {
  joined: boolean;
  frames: number;
  tokens: string[];
  connected: boolean;
  said: string;
};

export type HostileNative = Awaited<ReturnType<typeof startHostileNative>>;

/** LiveKit's own client without a browser (rtc-node), in a process of its own: it does what no page can keep it from. */
export function startHostileNative() {
  const child = fork(fileURLToPath(new URL("./hostile-native-process.ts", import.meta.url)), [], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
    // Otherwise rtc-node logs each of its steps.
    env: { ...process.env, NODE_ENV: "production" },
  });
  return {
    /**
     * Joins at `url` with a token and looks for so many seconds: how many pictures it decoded, what LiveKit refreshed, and
     * whether it is still in the room then.
     */
    join: (ask: NativeAsk): Promise<NativeAnswer> => answered(child, ask),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

function answered(child: ChildProcess, ask: NativeAsk): Promise<NativeAnswer> {
  return new Promise((resolve, reject) => {
    const left = () => reject(new Error("the process of rtc-node has ended"));
    child.once("exit", left);
    child.once("message", (answer: NativeAnswer) => {
      child.off("exit", left);
      resolve(answer);
    });
    child.send(ask);
  });
}
