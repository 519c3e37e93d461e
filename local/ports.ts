import dgram from "node:dgram";
import fs from "node:fs";
import net from "node:net";

export type PortName =
  | "web"
  | "postgres"
  | "storage"
  | "livekit"
  | "livekitTcp"
  | "livekitUdp"
  | "smtp"
  | "mailWeb"
  | "recorder"
  | "chat";
export type Ports = Record<PortName, number>;

const names: PortName[] = [
  "web",
  "postgres",
  "storage",
  "livekit",
  "livekitTcp",
  "livekitUdp",
  "smtp",
  "mailWeb",
  "recorder",
  "chat",
];

/**
 * A free port for each name, the one remembered in `file` where it is still free. `fresh` remembers nothing. `fixed`
 * are the caller's own choices: one that is taken is refused with a sentence.
 */
export async function choosePorts(
  file: string,
  { fresh = false, fixed = {} }: { fresh?: boolean; fixed?: Partial<Ports> } = {},
): Promise<Ports> {
  const remembered = fresh ? {} : readPorts(file);
  const chosen = new Map<PortName, number>();
  for (const name of names) {
    const own = fixed[name];
    if (own !== undefined) {
      if (!(await isFree(own, name)))
        throw new Error(`Port ${own} is in use by another program; choose another PORT.`);
      chosen.set(name, own);
      continue;
    }
    const wishes = [remembered[name], name === "web" && !fresh ? 3000 : undefined];
    const taken = new Set([...chosen.values(), ...Object.values(fixed)]);
    let port = await firstFree(wishes, name, taken);
    for (let tries = 0; port === undefined && tries < 200; tries++) {
      port = await firstFree([randomPort()], name, taken);
    }
    if (port === undefined)
      throw new Error(`No free port was found for ${name} between ${lowest} and ${highest}.`);
    chosen.set(name, port);
  }
  const ports = Object.fromEntries(chosen) as Ports;
  fs.writeFileSync(file, `${JSON.stringify(ports, null, 2)}\n`);
  return ports;
}

/** One more free port, such as for a second web process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomPort();
    if (await isFree(port, "web")) return port;
  }
}

export function readPorts(file: string): Partial<Ports> {
  try {
    const stored = JSON.parse(fs.readFileSync(file, "utf8"));
    return Object.fromEntries(
      names
        .filter((name) => Number.isInteger(stored[name]) && stored[name] > 0)
        .map((name) => [name, stored[name]]),
    );
  } catch {
    return {};
  }
}

// Below the range from which systems take the ports of outgoing connections (32768 or 49152 up).
const lowest = 20_000;
const highest = 32_000;

function randomPort(): number {
  return lowest + Math.floor(Math.random() * (highest - lowest));
}

async function firstFree(wishes: (number | undefined)[], name: PortName, taken: Set<number>) {
  for (const wish of wishes) {
    if (wish !== undefined && !taken.has(wish) && (await isFree(wish, name))) return wish;
  }
  return undefined;
}

async function isFree(port: number, name: PortName): Promise<boolean> {
  if (name === "livekitUdp") return canBindDatagrams(port);
  // Some systems let a second program bind what another one already answers on.
  if (await answers(port)) return false;
  return canListen(port, name === "livekitTcp" ? "0.0.0.0" : "127.0.0.1");
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    socket.setTimeout(500, () => answer(false));
  });
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function canBindDatagrams(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket("udp4");
    socket.once("error", () => resolve(false));
    socket.bind(port, () => socket.close(() => resolve(true)));
  });
}
