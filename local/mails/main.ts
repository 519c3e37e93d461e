import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { renderSample, samples } from "./samples.ts";

const server = createServer((request, response) => {
  void answer(decodeURIComponent(request.url ?? "/")).then(
    ({ status, type, body }) =>
      response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" }).end(body),
    (error: Error) => response.writeHead(500, { "Content-Type": "text/plain" }).end(error.stack),
  );
});
server.listen(Number(process.env.MAILS_PORT ?? 0), "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  console.log(`Every mail about streams: http://127.0.0.1:${port}\nCtrl-C ends it.`);
});

async function answer(path: string): Promise<{ status: number; type: string; body: string }> {
  const html = "text/html; charset=utf-8";
  if (path === "/") return { status: 200, type: html, body: list() };
  const [, name = "", form] = /^\/([\w-]+)\.(html|txt)$/.exec(path) ?? [];
  const letter = await renderSample(name);
  if (!letter) return { status: 404, type: "text/plain", body: "There is no such mail.\n" };
  if (form === "html") return { status: 200, type: html, body: letter.html };
  return {
    status: 200,
    type: "text/plain; charset=utf-8",
    body: `Subject: ${letter.subject}\n\n${letter.text}`,
  };
}

function list(): string {
  const rows = Object.keys(samples).map(
    (
      name,
    ) => `<section><h2>${name}</h2><p><a href="/${name}.html">HTML</a> <a href="/${name}.txt">Text</a></p>
<iframe src="/${name}.html" title="${name}" sandbox></iframe></section>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Mails</title>
<style>body{font:16px/1.5 system-ui;margin:1rem;max-width:70rem}iframe{width:100%;height:34rem;border:1px solid gray}</style>
<h1>Every mail about streams</h1>${rows.join("\n")}`;
}
