import type { ActionFunctionArgs, AppLoadContext, EntryContext, LoaderFunctionArgs } from "@remix-run/node";
import { isRouteErrorResponse, RemixServer } from "@remix-run/react";
import { renderToString } from "react-dom/server";
import { PageRequest } from "./components/page-request.ts";
import "./live/watch/late-places-here.ts";

type RenderMeta = NonNullable<EntryContext["renderMeta"]>;

/** Nothing of ours is deferred, so a page is rendered in one go: half the memory of a stream, and an honest status. */
export default async function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  page: EntryContext,
  context: AppLoadContext,
) {
  const { cspNonce: nonce, requestId: id } = context;
  if (page.serverHandoffStream) page.renderMeta = await readHandoff(page.serverHandoffStream);
  const html = renderToString(
    <PageRequest.Provider value={{ nonce, id }}>
      <RemixServer context={page} url={request.url} nonce={nonce} />
    </PageRequest.Provider>,
  );
  headers.set("Content-Type", "text/html; charset=utf-8");
  const wait = retryAfter(page);
  if (wait) headers.set("Retry-After", wait);
  return new Response(`<!doctype html>${html}`, { status, headers });
}

/** When a page may be asked for again, as its action or loader said: of their headers Remix takes over cookies only. */
function retryAfter({ staticHandlerContext }: EntryContext): string | undefined {
  const { actionHeaders, loaderHeaders } = staticHandlerContext;
  const said = [...Object.values(actionHeaders), ...Object.values(loaderHeaders)];
  return said.map((headers) => headers.get("Retry-After")).find(Boolean) ?? undefined;
}

/**
 * Remix hands the loaders' data to the browser as a stream, and suspends while it reads it, which `renderToString`
 * cannot wait for. So it is read to its end first, and put where Remix looks for what it has already read.
 */
async function readHandoff(stream: ReadableStream<Uint8Array>): Promise<RenderMeta> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    text += decoder.decode(next.value, { stream: true });
  }
  reader.releaseLock();
  const read = (result: { done: boolean; value: string }) => Object.assign(Promise.resolve(), { result });
  return { streamCache: { 0: read({ done: false, value: text }), 1: read({ done: true, value: "" }) } };
}

/** What a loader, an action or a page threw that was no answer: logged once, under the id that the page tells. */
export function handleError(error: unknown, { context }: LoaderFunctionArgs | ActionFunctionArgs) {
  // Who left before the answer was there is no failure of the page.
  if (error instanceof DOMException && error.name === "AbortError") return;
  // Nor is a form that was sent to a page that takes none: Remix itself refuses it.
  if (isRouteErrorResponse(error) && error.status < 500) return;
  context.log.error({ err: error, requestId: context.requestId }, "page failed");
}
