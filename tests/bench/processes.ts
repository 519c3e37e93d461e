import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

/** Starts a script of ours under this Node and waits for its first line. */
export async function startScript(
  file: string,
  args: string[] = [],
  env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: "production" },
) {
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  const line = await firstLine(child);
  return {
    child,
    line,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  throw new Error("a process ended before it was ready");
}

/** Resident memory of a process, MiB. */
export async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  if (!kib) throw new Error(`process ${pid} tells no memory`);
  return Number(kib) / 1024;
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Has a Node process collect its garbage, through its inspector, which is open only for that moment. */
export async function collectGarbage(pid: number): Promise<void> {
  process.kill(pid, "SIGUSR1");
  const [target] = await retried(async () => {
    const answer = await fetch("http://127.0.0.1:9229/json/list");
    return (await answer.json()) as { webSocketDebuggerUrl: string }[];
  });
  const socket = new WebSocket(target!.webSocketDebuggerUrl);
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  const ask = (id: number, method: string, params = {}) =>
    new Promise<void>((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        if ((JSON.parse(String(data)) as { id?: number }).id === id) resolve();
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  await ask(1, "HeapProfiler.enable");
  for (const id of [2, 3]) await ask(id, "HeapProfiler.collectGarbage");
  // The socket goes with it, so nobody answers.
  socket.send(
    JSON.stringify({
      id: 4,
      method: "Runtime.evaluate",
      params: { expression: "setTimeout(() => process._debugEnd(), 50)" },
    }),
  );
  await pause(300);
  socket.close();
}

async function retried<T>(ask: () => Promise<T>): Promise<T> {
  for (let times = 0; ; times++) {
    try {
      return await ask();
    } catch (error) {
      if (times >= 40) throw error;
      await pause(50);
    }
  }
}
