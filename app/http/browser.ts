import { randomBytes } from "node:crypto";
import type { AppLoadContext } from "@remix-run/node";
import { readCookie, writeCookie } from "./cookies.ts";

const days = 400;
const nameOf = ({ secure }: { secure: boolean }) => (secure ? "__Host-browser" : "browser");

type Args = { request: Request; context: Pick<AppLoadContext, "config"> };

/**
 * The secret by which we know a browser again, signed in or not: codes and drafts are bound to it. It opens nothing by
 * itself, and only its hash is stored.
 */
export function readBrowser({ request, context }: Args): string | undefined {
  const token = readCookie(request.headers.get("cookie"), nameOf(context.config));
  return token && /^[\w-]{43}$/.test(token) ? token : undefined;
}

/** As `readBrowser`, and a new one where there is none yet; `setCookie` is the header that gives it to the browser. */
export function ensureBrowser(args: Args): { token: string; setCookie: string } {
  const token = readBrowser(args) ?? randomBytes(32).toString("base64url");
  const { secure } = args.context.config;
  return { token, setCookie: writeCookie(nameOf({ secure }), token, { secure, maxAge: days * 86_400 }) };
}
