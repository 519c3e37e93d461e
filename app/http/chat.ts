import { type ActionFunctionArgs, type AppLoadContext, data, redirect } from "@remix-run/node";
import type { z } from "zod";
import { type AccessDecision, findAccess, mayJoinRoom } from "#app/domain/access/decision.ts";
import { accessWords } from "#app/domain/access/words.ts";
import { deliverMessage } from "#app/domain/chat/delivery.ts";
import type { ReplayedPage } from "#app/domain/chat/replayed.ts";
import { sayMessage, type Said } from "#app/domain/chat/say.ts";
import { mostReasonLength } from "#app/domain/moderation/acts.ts";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { findSpace } from "#app/domain/spaces/spaces.ts";
import { findStreamIdAt } from "#app/domain/streams/watched.ts";
import { isId, oneLine } from "#app/domain/text.ts";
import { takeTurn } from "./turns.ts";
import { readForm } from "./forms.ts";
import { localPath } from "./return-to.ts";
import { requireViewer } from "./viewer.ts";

type Args = Pick<ActionFunctionArgs, "request" | "params" | "context">;

/** A script asked, and reads JSON; otherwise a form was sent by a browser without scripts. */
export const wantsJson = (request: Request) =>
  (request.headers.get("accept") ?? "").includes("application/json");

/** Why somebody does it, in the log and to the person concerned. */
export const reasonField = oneLine({ most: mostReasonLength, least: 0, what: "The reason" });

/**
 * The signed-in person and the stream that the address names. Thrown: who is not signed in is answered 401 (a script) or
 * sent to sign in, an address without a stream 404.
 */
export async function requireChatStream(args: Args): Promise<{ viewer: Viewer; streamId: string }> {
  const { request, params, context } = args;
  const json = wantsJson(request);
  if (json && !(await context.viewer()))
    throw answer({ ok: false, reason: "signed_out", message: "Please sign in again." }, 401);
  const viewer = await requireViewer(args);
  const { space = "", experience = "", stream = "" } = params;
  const streamId = await findStreamIdAt(context.db, { space, experience, stream });
  if (!streamId) throw chatRefusal(request, { reason: "gone", message: "There is no such stream." });
  return { viewer, streamId };
}

/**
 * For the frames: who is signed in and may read this stream's chat, with its address. Thrown: 404 for an address without
 * a stream, 403 for who has no access, with why and the way to the page around the frame, which says more.
 */
export async function requireChat(args: Args) {
  const { viewer, streamId } = await requireChatStream(args);
  const access = await findAccess(args.context.db, { streamId, userId: viewer.userId });
  const { space, experience, stream } = args.params;
  const page = `/${space}/${experience}/streams/${stream}`;
  if (!access?.mayChat || !access.role) {
    const message = access ? await whyNot(args, access, viewer) : "There is no such stream.";
    throw data({ message, way: { to: page, label: "To the stream's page" } }, { status: 403 });
  }
  // The room of a live stream is dark, and so is what stands in it; a rehearsal's is for the team alone.
  const lights = mayJoinRoom(access);
  return {
    viewer,
    streamId,
    access,
    lights,
    role: access.role,
    chat: `${page}/chat`,
  };
}

async function whyNot({ context: { db } }: Args, access: AccessDecision, { email }: Viewer): Promise<string> {
  const space = await findSpace(db, access.spaceId);
  const known = { email, spaceName: space?.name ?? "The space", passName: access.passName, ban: access.ban };
  return accessWords(access.reason, known).sentence;
}

/** A number in the address, or undefined. */
export function readPlace(request: Request, name: string): number | undefined {
  const text = new URL(request.url).searchParams.get(name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Which part of a replay's chat an address asks for: its beginning where it says nothing. */
export function readReplayPage(request: Request): ReplayedPage {
  const [after, before] = [readPlace(request, "after"), readPlace(request, "before")];
  if (after !== undefined) return { after };
  return before === undefined ? { atMs: readPlace(request, "at") ?? 0 } : { before };
}

/** An id of the address (a message, a person), or a thrown 404. */
export function requireChatId({ request }: Args, id: string | undefined): string {
  if (!isId(id)) throw chatRefusal(request, { reason: "gone", message: "There is no such thing here." });
  return id.toLowerCase();
}

/** The form of a request of the chat, or a thrown 400 that says what is wrong with the first field that is. */
export async function requireChatForm<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const form = await readForm(request, schema);
  if (form.ok) return form.value;
  const [field = "", sentences = []] = Object.entries(form.problems)[0] ?? [];
  const message = sentences[0] ?? "This cannot be read.";
  throw chatRefusal(request, { reason: "field", field, message }, 400);
}

const statuses: Record<string, number> = {
  no_access: 403,
  order: 403,
  owner: 403,
  team: 403,
  yourself: 403,
  gone: 404,
  nobody: 404,
  not_banned: 409,
  too_late: 409,
  taken: 409,
  away: 503,
  slow: 429,
  too_fast: 429,
  too_many: 429,
  not_open: 409,
  over: 409,
  frozen: 403,
  silenced: 403,
};

export const refusalStatus = (reason: string) => statuses[reason] ?? 400;

type Refused = { reason: string; message: string; field?: string; waitSeconds?: number };

/** A refusal: JSON for a script, a small page with the sentence otherwise. */
export function chatRefusal(
  request: Request,
  { reason, message, field, waitSeconds }: Refused,
  status = refusalStatus(reason),
): Response {
  const headers: Record<string, string> = waitSeconds ? { "Retry-After": String(waitSeconds) } : {};
  if (wantsJson(request))
    return Response.json({ ok: false, reason, message, field, waitSeconds }, { status, headers });
  return new Response(sentencePage(message), {
    status,
    headers: { ...headers, "Content-Type": "text/html; charset=utf-8" },
  });
}

/** What was done: JSON for a script, otherwise back to where the form was (its field `back`), or to the chat's frame. */
export async function chatDone(
  { request, params }: Args,
  body: Record<string, unknown> = {},
  status = 200,
): Promise<Response> {
  if (wantsJson(request)) return answer({ ok: true, ...body }, status);
  const { space, experience, stream } = params;
  return redirect((await backOf(request)) ?? `/${space}/${experience}/streams/${stream}/chat`, {
    status: 303,
  });
}

async function backOf(request: Request): Promise<string | undefined> {
  const back = (
    await request
      .clone()
      .formData()
      .catch(() => undefined)
  )?.get("back");
  return typeof back === "string" ? localPath(back) : undefined;
}

const answer = (body: object, status: number) => Response.json(body, { status });

function sentencePage(sentence: string): string {
  const text = sentence.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Not done · Frontrow</title></head><body><main><h1>That was not done</h1><p>${text}</p><p>Go back in your browser: what you typed is still there.</p></main></body></html>`;
}

/** For resource routes that are posted to only. */
export const onlyPost = () => answer({ ok: false, reason: "post", message: "Send a form." }, 405);

/**
 * Takes a message, from a script or from the form without one: the rules, our row, then the chat service in the
 * background, so that nobody waits for it.
 */
export async function takeMessage(
  context: AppLoadContext,
  typed: { streamId: string; userId: string; id: string; text: string; replyTo?: string | null },
): Promise<Said> {
  const { db, chat, log } = context;
  const tooFast = await takeTurn("message.person", typed.userId);
  if (tooFast) return tooFast;
  const said = await sayMessage(db, typed);
  if (said.ok && said.isNew && !said.away) {
    // Until then it waits in its row, where the worker finds it.
    deliverMessage({ db, chat, log }, { streamId: typed.streamId, message: said.message }).catch(
      (error: unknown) =>
        log.error({ err: error, streamId: typed.streamId }, "a chat message could not be sent on"),
    );
  }
  return said;
}
