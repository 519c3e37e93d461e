import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";

// What stands behind the gate and beside it in its bench: "upstream" consents to every web socket and says nothing more;
// "pipe <port>" passes bytes on to it, unread, without asking anybody.
const [kind, port] = process.argv.slice(2);
const server = kind === "upstream" ? upstream() : pipe(Number(port));
server.listen(0, "127.0.0.1", () => console.log(String((server.address() as AddressInfo).port)));

function upstream() {
  const server = createServer((_, response) => void response.end("success"));
  server.on("upgrade", (_, socket) => {
    socket.on("error", () => socket.destroy());
    socket.resume();
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  });
  return server;
}

function pipe(port: number) {
  return createTcpServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream])
      socket.on("error", () => {}).on("close", () => (client.destroy(), upstream.destroy()));
    client.pipe(upstream).pipe(client);
  });
}
