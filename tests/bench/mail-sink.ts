import { createServer, type Socket } from "node:net";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * An SMTP server that takes every letter and remembers its Message-ID, so cheap that it is in nobody's way. Prints the two
 * ports, of SMTP and of what it counted: `GET /` gives { taken, distinct }, `DELETE /` forgets all.
 */

let taken = 0;
const seen = new Set<string>();

function serve(socket: Socket) {
  let text = "";
  let inLetter = false;
  const say = (line: string) => socket.write(`${line}\r\n`);
  const answer = (line: string) => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === "EHLO") return say("250-sink\r\n250 8BITMIME");
    if (verb === "DATA") {
      inLetter = true;
      return say("354 Go on");
    }
    if (verb === "QUIT") {
      say("221 Bye");
      return socket.end();
    }
    say("250 OK");
  };
  socket.setEncoding("latin1");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    text += chunk;
    for (;;) {
      const end = inLetter ? text.indexOf("\r\n.\r\n") : text.indexOf("\r\n");
      if (end < 0) return;
      const part = text.slice(0, end);
      text = text.slice(end + (inLetter ? 5 : 2));
      if (!inLetter) {
        answer(part);
        continue;
      }
      inLetter = false;
      taken += 1;
      seen.add(/^Message-ID: *(?:\r\n[ \t]+)?(\S+)/im.exec(part)?.[1] ?? `none ${taken}`);
      say("250 Taken");
    }
  });
  say("220 sink");
}

const smtp = createServer(serve);
const http = createHttpServer((request, response) => {
  const counted = JSON.stringify({ taken, distinct: seen.size });
  if (request.method === "DELETE") {
    taken = 0;
    seen.clear();
  }
  response.end(counted);
});
smtp.listen(0, "127.0.0.1", () =>
  http.listen(0, "127.0.0.1", () =>
    console.log(`${(smtp.address() as AddressInfo).port} ${(http.address() as AddressInfo).port}`),
  ),
);
process.on("SIGTERM", () => process.exit(0));
