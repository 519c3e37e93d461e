import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { root } from "#local/root.ts";
import { freePort } from "#local/ports.ts";

/**
 * Another web process on the parts whose environment this is, with an address of its own; `env` may say otherwise what it
 * likes. Resolves when it answers; rejects after half a minute.
 */
export async function startSecondWeb(
  env: Record<string, string | undefined>,
): Promise<{ url: string; process: ChildProcess }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, ["app/server/main.ts"], {
    cwd: root,
    env: { ...process.env, ...env, NODE_ENV: "production", PORT: String(port), PUBLIC_URL: url },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
  const until = Date.now() + 30_000;
  while (!(await isReady())) {
    if (Date.now() > until) {
      child.kill("SIGKILL");
      throw new Error("the second web process did not answer in half a minute");
    }
    await pause(200);
  }
  return { url, process: child };
}
