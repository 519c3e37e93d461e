import { randomUUID } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo, LookupFunction } from "node:net";
import { insertEndpoint } from "#app/domain/outgoing-webhooks/endpoints.ts";
import { createOutgoingHttp } from "#app/services/outgoing-http.ts";
import { insertPeople } from "#tests/factories.ts";
import type { Tools } from "./fault.ts";

export const name = "F44";
export const title = "Webhooks into our own network";
export const env = { WEBHOOKS_ALLOW_PRIVATE: "0" };

/** Ways to write the machine itself, its network, and what clouds tell their machines at. */
const hosts = [
  ...["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "0.0.0.0", "localhost"],
  ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]"],
  ...["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "168.63.129.16"],
  ...["[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"],
];

export async function run({ web, db, say }: Tools): Promise<{ did: string; saw: string }> {
  const decoy = await startDecoy();
  try {
    const byWorker = await throughTheWorker({ db, web, port: decoy.port, say });
    await rebinding(decoy.port);
    say("a name that answers otherwise between two looks: refused, or never connected to the decoy");
    await redirects(decoy);
    say("a redirect to 169.254.169.254, and one to the decoy: not followed");
    if (decoy.connections() > 0) throw new Error(`${decoy.connections()} connections reached the decoy`);
    return {
      did: `had the worker send to ${byWorker} spellings of private addresses, and sent to names that change their answer and to a server that redirects`,
      saw: "each refused when it would be connected to, and told in the log; no connection reached the decoy",
    };
  } finally {
    await decoy.close();
  }
}

/** A server on this machine that nobody may reach. It counts connections, not requests: a handshake is too much already. */
async function startDecoy() {
  let connections = 0;
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const listen = async (host: string, port: number) => {
    const server = createServer((socket) => {
      connections += 1;
      sockets.add(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject);
      server.listen(port, host, resolve);
    });
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const port = await listen("127.0.0.1", 0);
  // Where the machine has no IPv6, nothing can reach it there either.
  await listen("::1", port).catch(() => undefined);
  return {
    port,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** The real worker, with its own way to look for names. The form refuses most of these early, so they go in beside it. */
async function throughTheWorker({
  db,
  web,
  port,
  say,
}: Pick<Tools, "db" | "web" | "say"> & { port: number }) {
  const { space, people } = await insertPeople(db, { status: "scheduled" });
  const of = { spaceId: space.id, actorId: people.owner.id };
  const { id: messageId } = await db
    .insertInto("webhook_messages")
    .values({ space_id: space.id, type: "webhook.test", body: "{}" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const ports = [port, Number(new URL(web.url).port)];
  const urls = hosts.flatMap((host) => ports.map((one) => `http://${host}:${one}/account`));
  for (const url of urls) {
    const endpointId = await insertAt(db, of, url);
    await db
      .insertInto("webhook_deliveries")
      .values({ message_id: messageId, endpoint_id: endpointId })
      .execute();
  }
  const tried = () =>
    db
      .selectFrom("webhook_deliveries as d")
      .innerJoin("webhook_endpoints as e", "e.id", "d.endpoint_id")
      .select(["e.url", "d.last_problem as problem", "d.last_status as status"])
      .where("d.message_id", "=", messageId)
      .where("d.tries", ">", 0)
      .where("d.claimed_until", "is", null)
      .execute();
  const deadline = Date.now() + 120_000;
  let rows = await tried();
  while (rows.length < urls.length) {
    if (Date.now() > deadline) throw new Error(`only ${rows.length} of ${urls.length} were tried`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    rows = await tried();
  }
  for (const { url, problem, status } of rows)
    if (problem !== "private_address" || status !== null)
      throw new Error(`${url}: ${problem ?? `answered ${status}`}, not refused`);
  say(`${hosts.length} spellings on ${ports.length} ports, by the worker: refused before a connection`);
  return hosts.length;
}

let added = 0;

async function insertAt(db: Tools["db"], of: { spaceId: string; actorId: string }, url: string) {
  // A space has at most twenty: the fault has as many spaces as it needs.
  if (added > 0 && added % 15 === 0) {
    const { space, people } = await insertPeople(db, { status: "scheduled" });
    Object.assign(of, { spaceId: space.id, actorId: people.owner.id });
  }
  added += 1;
  const made = await insertEndpoint(db, { ...of, formKey: randomUUID(), url, events: ["grant.created"] });
  if (!made.ok) throw new Error(made.reason);
  return made.endpointId;
}

const sent = { headers: {}, body: "{}" };

/** A name that stands for the world when it is judged, and for this machine right after. */
async function rebinding(port: number): Promise<void> {
  for (const answers of [
    ["192.0.2.1", "127.0.0.1"],
    ["8.8.8.8", "127.0.0.1"],
    ["8.8.8.8", "::1"],
  ]) {
    let asked = 0;
    const lookup = ((_name, options, done) => {
      const address = answers[Math.min(asked, answers.length - 1)]!;
      asked += 1;
      const family = address.includes(":") ? 6 : 4;
      if ((options as { all?: boolean }).all) done(null, [{ address, family }]);
      else done(null, address, family);
    }) as LookupFunction;
    const http = createOutgoingHttp({ allowPrivate: false, lookup, timeout: 1_000 });
    for (let turn = 0; turn < 3; turn += 1) {
      const status = await http.post(`http://rebind.example:${port}/`, sent).catch(() => undefined);
      if (status) throw new Error(`${answers.join(" then ")} was answered ${status.status}`);
    }
  }
}

/** Even where private addresses are allowed, what an answer points to is not asked. */
async function redirects(decoy: { port: number }): Promise<void> {
  const http = createOutgoingHttp({ allowPrivate: true });
  for (const to of ["http://169.254.169.254/latest/meta-data/", `http://127.0.0.1:${decoy.port}/`]) {
    const server = createServer((socket) => {
      // Read to its end: a connection with something unread in it does not close.
      socket.resume();
      socket.end(
        `HTTP/1.1 307 Temporary Redirect\r\nLocation: ${to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { status } = await http.post(`http://127.0.0.1:${port}/`, sent);
    await new Promise((resolve) => server.close(resolve));
    if (status !== 307) throw new Error(`the redirect was answered ${status}, so it was followed`);
  }
}
