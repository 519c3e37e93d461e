import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** What a server says in answer to each command, in its own words; what is not given is taken. */
export type SmtpScript = {
  greeting?: string;
  auth?: string;
  mailFrom?: string;
  rcptTo?: (address: string) => string | undefined;
  /** To the text of a letter. */
  data?: string;
};

/**
 * A mail server on 127.0.0.1 that answers word for word as `script` says, which may be changed as it goes; gives its `url`
 * and the recipients whose letters it has `taken`.
 */
export async function startScriptedSmtp(script: SmtpScript) {
  const open = new Set<Socket>();
  const taken: string[] = [];
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket)).on("error", () => socket.destroy());
    serve(socket, script, taken);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    /** With a password, so that it is asked for one. */
    url: `smtp://us:secret@127.0.0.1:${port}`,
    taken,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function serve(socket: Socket, script: SmtpScript, taken: string[]) {
  let [text, inLetter] = ["", false];
  let recipients: string[] = [];
  const say = (line: string) => socket.write(`${line}\r\n`);

  function answer(line: string) {
    const [verb] = line.toUpperCase().split(/[ :]/, 1);
    if (verb === "EHLO") return say("250-scripted\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN");
    if (verb === "AUTH") return say(script.auth ?? "235 2.7.0 Come in");
    if (verb === "MAIL") {
      recipients = [];
      return say(script.mailFrom ?? "250 2.1.0 Go on");
    }
    if (verb === "RCPT") {
      const [, address = ""] = /<(.*)>/.exec(line) ?? [];
      const refused = script.rcptTo?.(address);
      if (!refused) recipients.push(address);
      return say(refused ?? "250 2.1.5 Go on");
    }
    if (verb === "DATA") {
      inLetter = true;
      return say("354 Go on");
    }
    if (verb === "QUIT") return socket.end("221 Bye\r\n");
    say("250 As you like");
  }

  function takeLetter() {
    inLetter = false;
    if (!script.data) taken.push(...recipients);
    say(script.data ?? "250 2.0.0 Taken");
  }

  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    for (;;) {
      const mark = inLetter ? "\r\n.\r\n" : "\r\n";
      const end = text.indexOf(mark);
      if (end < 0) return;
      const part = text.slice(0, end);
      text = text.slice(end + mark.length);
      if (inLetter) takeLetter();
      else answer(part);
    }
  });
  if (script.greeting) socket.end(`${script.greeting}\r\n`);
  else say("220 scripted");
}
