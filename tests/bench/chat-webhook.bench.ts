import { createHash, createHmac, randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "kysely";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { type Bench, type Measured, round } from "./bench.ts";
import { openHall } from "./chat-tools.ts";
import { pause } from "./processes.ts";

export const name = "chat-webhook";
export const title = "Signed events of the chat service, 1,000 offered a second for 30 s, web killed once";

const rate = 1_000;
const seconds = 30;
const killAfterMs = 10_000;
/** Each so-manieth is delivered a second time under another id, as the service does when it got no answer. */
const again = 20;

export const run: Bench["run"] = async ({ say }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  say("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder", "mail"] });
  const db = openDatabase(edition.env.DATABASE_URL);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  try {
    const hall = await openHall(edition, db, 1);
    const [viewer] = hall.viewers;
    const secret = edition.env.STREAM_API_SECRET.split(",")[0] ?? "";
    const post = (body: string) =>
      new Promise<number>((resolve) => {
        const sent = request(
          `${edition.url}/webhooks/chat`,
          {
            method: "POST",
            agent,
            timeout: 6_000,
            headers: {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(body),
              "x-signature": createHmac("sha256", secret).update(body).digest("hex"),
              "x-api-key": edition.env.STREAM_API_KEY,
              "x-webhook-id": randomUUID(),
              "x-webhook-attempt": "1",
            },
          },
          (answer) => {
            answer.resume();
            answer.on("end", () => resolve(answer.statusCode ?? 0));
            answer.on("error", () => resolve(0));
          },
        );
        sent.on("timeout", () => sent.destroy());
        sent.on("error", () => resolve(0));
        sent.end(body);
      });

    const ids: string[] = [];
    let lastAccepted = 0;
    let failures = 0;
    const firstFailure: number[] = [];
    const deliver = async (body: string) => {
      while ((await post(body)) !== 200) {
        failures += 1;
        firstFailure.push(performance.now());
        await pause(500 + Math.random() * 500);
      }
      lastAccepted = performance.now();
    };

    say("1,000 a second …");
    const begun = performance.now();
    const all: Promise<void>[] = [];
    let killed = false;
    let upAgain = 0;
    for (let index = 0; index < rate * seconds; index += 1) {
      await waitUntil(begun + (index * 1_000) / rate);
      if (!killed && performance.now() - begun > killAfterMs) {
        killed = true;
        const pid = edition.part("web").pid!;
        process.kill(pid, "SIGKILL");
        say("web is killed");
        void (async () => {
          while (
            (await fetch(`${edition.url}/readyz`).then(
              ({ status }) => status,
              () => 0,
            )) !== 200
          )
            await pause(100);
          upAgain = performance.now();
        })();
      }
      const body = JSON.stringify({
        type: "message.new",
        cid: `frontrow_stream:${viewer!.pass.channelId}`,
        channel_type: "frontrow_stream",
        channel_id: viewer!.pass.channelId,
        message: { id: randomUUID(), text: "x".repeat(200), user: { id: viewer!.id } },
        created_at: new Date().toISOString(),
      });
      ids.push(createHash("sha256").update(body).digest("hex"));
      all.push(deliver(body));
      if (index % again === 0) all.push(deliver(body));
    }
    await Promise.all(all);
    const down = (upAgain - firstFailure[0]!) / 1_000;
    const took = (lastAccepted - begun) / 1_000;
    const { rows } = await sql<{ kept: number; rows: number }>`
      select count(distinct event_id)::int as kept, count(*)::int as rows from webhook_events
      where event_id = any(${ids}::text[])
    `.execute(db);
    // Its primary key keeps an event from being there twice; this looks whether it is there at all, and says what is.
    const { kept = 0, rows: written = 0 } = rows[0] ?? {};
    const rps = all.length / (took - down);
    return {
      keys: { rps: round(rps), lost: ids.length - kept, doubled: written - kept },
      rows: [
        { what: "events offered, and deliveries with repetitions", value: `${ids.length} / ${all.length}` },
        {
          what: "seconds to the last acceptance, and of these without web",
          value: `${round(took, 1)} / ${round(down, 1)}`,
        },
        { what: "tries that were not taken", value: String(failures) },
        { what: "deliveries a second while web was there", value: String(round(rps)) },
      ],
      missed: [
        ...(rps < rate ? [`rps ${round(rps)}, goal at least ${rate}`] : []),
        ...(ids.length - kept + written - kept > 0 ? ["something was lost or doubled"] : []),
      ],
    };
  } finally {
    agent.destroy();
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** Until an instant of `performance.now()`; at once when it has passed. */
async function waitUntil(until: number) {
  const ms = until - performance.now();
  if (ms > 1) await pause(ms);
  else if (Math.random() < 0.05) await new Promise((resolve) => setImmediate(resolve));
}
