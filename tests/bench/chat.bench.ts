import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { WebSocket } from "ws";
import { openDatabase } from "#db/client.ts";
import { startEdition } from "#local/edition.ts";
import { type Bench, type Measured, median, percentile, round } from "./bench.ts";
import { opened, openHall, type Person, say, watchChannel } from "./chat-tools.ts";
import { pause, residentMib, startScript } from "./processes.ts";

export const name = "chat";
export const title = "A message from send to seen, by the local chat server (no claim about GetStream)";

const few = 200;
const many = 1_000;
const rounds = 3;
const messagesARound = 30;
const rate = 20;
const seconds = 60;

/** When each message was sent, and when each client saw it. */
function watchTimes() {
  const sentAt = new Map<string, number>();
  const seen = new Map<string, number[]>();
  return {
    sentAt,
    seen,
    hear(text: string) {
      const id = /"id":"([0-9a-f-]{36})"/.exec(text)?.[1];
      if (!id || !text.includes('"message.new"')) return;
      const times = seen.get(id);
      if (times) times.push(performance.now());
      else seen.set(id, [performance.now()]);
    },
    /** Milliseconds from send to seen, of every message at every client. */
    delays: () => [...sentAt].flatMap(([id, at]) => (seen.get(id) ?? []).map((when) => when - at)),
  };
}

export const run: Bench["run"] = async ({ say: tell }): Promise<Measured> => {
  const dir = await mkdtemp(path.join(tmpdir(), "frontrow-bench-"));
  tell("starting the product …");
  const edition = await startEdition({ dir, ports: "fresh", without: ["recorder"] });
  const db = openDatabase(edition.env.DATABASE_URL);
  try {
    tell(`letting ${many} people into the chat …`);
    const hall = await openHall(edition, db, many);
    const idle = await residentMib(edition.part("chat").pid!);
    const webIdle = await residentMib(edition.part("web").pid!);

    const ours: number[] = [];
    const base: number[] = [];
    const bare = await startScript(path.join(import.meta.dirname, "bare-broadcast.ts"));
    let bytes = 0;
    let listen: (text: string) => void = () => {};
    const hear = (text: string) => listen(text);
    const clients = await inBatches(hall.viewers.slice(0, few), (person) => watchChannel(person, hear));
    const plain = await inBatches(hall.viewers.slice(0, few), () =>
      opened(new WebSocket(bare.line.replace(/^http/, "ws")), hear),
    );
    for (let count = 1; count <= rounds; count += 1) {
      const times = watchTimes();
      listen = (text) => {
        bytes = text.length;
        times.hear(text);
      };
      await talk(hall.viewers.slice(0, 60), messagesARound, 5, async (person, index) => {
        const at = performance.now();
        const id = await say(hall.address, person, `Round ${count}, message ${index}`);
        if (id) times.sentAt.set(id, at);
      });
      await pause(1_000);
      ours.push(median(times.delays()));

      const bareTimes = watchTimes();
      listen = bareTimes.hear;
      const filling = "x".repeat(Math.max(0, bytes - 70));
      await talk(hall.viewers.slice(0, 60), messagesARound, 5, async () => {
        const id = randomUUID();
        bareTimes.sentAt.set(id, performance.now());
        await fetch(bare.line, {
          method: "POST",
          body: `{"type":"message.new","id":"${id}","filling":"${filling}"}`,
        });
      });
      await pause(1_000);
      base.push(median(bareTimes.delays()));
      tell(`round ${count} of ${rounds}: ${round(ours.at(-1)!, 1)} ms, bare ${round(base.at(-1)!, 1)} ms`);
    }
    for (const socket of plain) socket.terminate();
    await bare.stop();

    tell(`${many} watchers, ${rate} messages a second for ${seconds} s …`);
    const rest = await inBatches(hall.viewers.slice(few), (person) => watchChannel(person, hear));
    const times = watchTimes();
    listen = times.hear;
    let refused = 0;
    await talk(hall.viewers, rate * seconds, rate, async (person, index) => {
      const at = performance.now();
      const id = await say(hall.address, person, `Message ${index} of many`);
      if (id) times.sentAt.set(id, at);
      else refused += 1;
    });
    await pause(5_000);
    const server = await residentMib(edition.part("chat").pid!);
    const web = await residentMib(edition.part("web").pid!);
    const delays = times.delays();
    let lost = 0;
    let doubled = 0;
    for (const id of times.sentAt.keys()) {
      const count = times.seen.get(id)?.length ?? 0;
      if (count < many) lost += many - count;
      if (count > many) doubled += count - many;
    }
    for (const { socket } of [...clients, ...rest]) socket.terminate();
    if (times.sentAt.size < rate * seconds * 0.9)
      throw new Error(`only ${times.sentAt.size} messages could be sent, ${refused} were refused`);

    const ratio = median(ours.map((each, index) => each / base[index]!));
    const [p50, p99] = [percentile(delays, 0.5), percentile(delays, 0.99)];
    return {
      keys: {
        ratio: round(ratio, 2),
        p50_ms: round(p50, 1),
        p99_ms: round(p99, 1),
        lost,
        doubled,
        server_mib: round(server, 1),
        web_mib: round(web, 1),
      },
      rows: [
        { what: `${few} clients, median, ms`, value: String(round(median(ours), 1)) },
        { what: "the same bytes by bare ws, ms", value: String(round(median(base), 1)) },
        { what: `${many} clients, ${times.sentAt.size} messages: p50, ms`, value: String(round(p50, 1)) },
        { what: "p99, ms", value: String(round(p99, 1)) },
        { what: "not seen / seen twice", value: `${lost} / ${doubled}` },
        { what: "chat server, idle and then, MiB", value: `${round(idle)} / ${round(server)}` },
        { what: "web, idle and then, MiB", value: `${round(webIdle)} / ${round(web)}` },
      ],
      missed: [
        ...(ratio > 5 ? [`ratio ${round(ratio, 2)}, goal at most 5`] : []),
        ...(lost + doubled > 0 ? [`${lost} lost, ${doubled} doubled, goal none`] : []),
      ],
    };
  } finally {
    await db.destroy();
    await edition.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

/** `count` messages by these people in turn, `rate` begun a second, whether the one before is answered or not. */
async function talk(
  people: Person[],
  count: number,
  rate: number,
  send: (person: Person, index: number) => Promise<void>,
) {
  const begun = performance.now();
  const all: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    await pause(Math.max(0, begun + (index * 1_000) / rate - performance.now()));
    all.push(send(people[index % people.length]!, index));
  }
  await Promise.all(all);
}

async function inBatches<T, R>(all: T[], each: (one: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += 25)
    done.push(...(await Promise.all(all.slice(at, at + 25).map(each))));
  return done;
}
