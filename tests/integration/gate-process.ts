import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { vi } from "vitest";
import { freePort } from "#local/ports.ts";
import { root } from "#local/root.ts";
import { startReverseProxy } from "#tests/reverse-proxy.ts";
import { openTestServices } from "./setup.ts";

/**
 * A deployment as the README tells it: web and the signal gate as two processes on one database, behind a proxy on one
 * origin that sends the addresses which begin with `/rtc` to the gate.
 */
export async function startDeployment() {
  const [webPort, gatePort] = [await freePort(), await freePort()];
  const proxy = await startReverseProxy((path) => (path.startsWith("/rtc") ? gatePort : webPort));
  const opened = await openTestServices({
    env: { PUBLIC_URL: proxy.url, TRUSTED_PROXIES: "127.0.0.1" },
  });
  const start = (script: string, port: number) =>
    startProcess(script, { ...opened.variables, LOG_LEVEL: "info", PORT: String(port) });
  const startGate = () => start("app/server/gate-main.ts", gatePort);
  const startWeb = () => start("app/server/main.ts", webPort);
  const running = { gate: await startGate(), web: await startWeb() };
  return {
    ...opened,
    url: proxy.url,
    /** Past the proxy. */
    webUrl: `http://127.0.0.1:${webPort}`,
    running,
    async restart(which: "gate" | "web") {
      running[which] = await (which === "gate" ? startGate() : startWeb());
    },
    async close() {
      await Promise.all([running.gate.stop(), running.web.stop()]);
      await proxy.close();
      await opened.close();
    },
  };
}

/** A process of ours on `PORT`, once it says that it is ready. */
async function startProcess(script: string, env: Record<string, string> & { PORT: string }) {
  const child = spawn(process.execPath, [script], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (part) => void (said += String(part)));
  const isReady = async () => {
    const answer = await fetch(`http://127.0.0.1:${env.PORT}/readyz`).catch(() => undefined);
    if (answer?.status !== 200) throw new Error(`${script} is not ready: ${said}`);
  };
  await vi.waitFor(isReady, { timeout: 30_000, interval: 100 }).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    /** All that it has logged so far. */
    said: () => said,
    stop: (signal: NodeJS.Signals = "SIGTERM") => end(child, signal),
  };
}

/** The code that it ended with; null when a signal ended it. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, "close");
  }
  return child.exitCode;
}
