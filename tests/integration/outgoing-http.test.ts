import type { LookupFunction } from "node:net";
import { expect, it } from "vitest";
import { createOutgoingHttp } from "#app/services/outgoing-http.ts";
import { startReceiver } from "./webhook-receiver.ts";

const sent = { headers: { "content-type": "application/json" }, body: "{}" };

/** A name server: gives the answers one after the other, and the last for ever. */
function answering(...answers: string[][]) {
  let asked = 0;
  const lookup = ((_name, options, done) => {
    const addresses = answers[Math.min(asked, answers.length - 1)]!;
    asked += 1;
    const all = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    if ((options as { all?: boolean }).all) done(null, all);
    else done(null, all[0]!.address, all[0]!.family);
  }) as LookupFunction;
  return { lookup, asked: () => asked };
}

it.each([
  ["127.0.0.1"],
  ["::1"],
  ["::ffff:127.0.0.1"],
  ["64:ff9b::7f00:1"],
  ["169.254.169.254"],
  ["10.1.2.3"],
  ["0.0.0.0"],
  ["1.1.1.1", "127.0.0.1"],
  ["127.0.0.1", "2606:4700::1"],
])("a name that stands for %s is refused before a connection is made", async (...addresses) => {
  const decoy = await startReceiver();
  const http = createOutgoingHttp({ allowPrivate: false, lookup: answering(addresses).lookup });
  const post = http.post(`http://hooks.example:${decoy.port}/`, sent);
  await expect(post).rejects.toMatchObject({ name: "ServiceError", code: "private_address" });
  expect(decoy.connections()).toBe(0);
  await decoy.close();
});

it.each([
  ...["127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "127.0.0.1.", "0", "0.0.0.0"],
  ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "[64:ff9b::7f00:1]"],
  ...["localhost", "LOCALHOST", "１２７.0.0.1"],
])("the address %s is refused before a connection is made (ASVS 13.2.4)", async (host) => {
  const decoy = await startReceiver();
  const http = createOutgoingHttp({ allowPrivate: false });
  const post = http.post(`http://${host}:${decoy.port}/`, sent);
  await expect(post).rejects.toMatchObject({ code: "private_address" });
  expect(decoy.connections()).toBe(0);
  await decoy.close();
});

it("a name is looked for once, and the connection goes to what was judged (ASVS 1.3.6)", async () => {
  const decoy = await startReceiver();
  // 192.0.2.1 would be refused; this one is of the world, and nobody answers there for us.
  const names = answering(["240.0.0.1"], ["127.0.0.1"]);
  const judged = answering(["8.8.8.8"], ["127.0.0.1"]);
  const refused = createOutgoingHttp({ allowPrivate: false, lookup: names.lookup, timeout: 500 });
  await expect(refused.post(`http://rebind.example:${decoy.port}/`, sent)).rejects.toMatchObject({
    code: "private_address",
  });
  const http = createOutgoingHttp({ allowPrivate: false, lookup: judged.lookup, timeout: 500 });
  await expect(http.post(`http://rebind.example:${decoy.port}/`, sent)).rejects.toMatchObject({
    code: expect.stringMatching(/^(timeout|unreachable)$/),
  });
  expect(judged.asked()).toBe(1);
  await expect(http.post(`http://rebind.example:${decoy.port}/`, sent)).rejects.toMatchObject({
    code: "private_address",
  });
  expect(decoy.connections()).toBe(0);
  await decoy.close();
});

it.each([301, 302, 307, 308])(
  "a redirect (%d) is an answer, and leads nowhere (ASVS 15.3.2)",
  async (status) => {
    const elsewhere = await startReceiver();
    const redirecting = await startReceiver(() => status, { location: elsewhere.url });
    const http = createOutgoingHttp({ allowPrivate: true });
    expect(await http.post(redirecting.url, sent)).toEqual({ status });
    expect(redirecting.received).toHaveLength(1);
    expect(elsewhere.connections()).toBe(0);
    await redirecting.close();
    await elsewhere.close();
  },
);

it("with private addresses allowed it gives the status, and ends with a slow or large answer", async () => {
  const busy = await startReceiver(() => 307);
  const silent = await startReceiver(() => "never");
  const http = createOutgoingHttp({ allowPrivate: true, timeout: 300 });
  expect(await http.post(busy.url, sent)).toEqual({ status: 307 });
  await expect(http.post(silent.url, sent)).rejects.toMatchObject({ code: "timeout" });
  const port = silent.port;
  await silent.close();
  await expect(http.post(`http://127.0.0.1:${port}/`, sent)).rejects.toMatchObject({ code: "unreachable" });
  await expect(http.post(`https://127.0.0.1:${busy.port}/`, sent)).rejects.toMatchObject({
    code: "tls",
  });
  await busy.close();
});
