import type { ActionFunctionArgs, LoaderFunctionArgs } from "@remix-run/node";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { findPassPage, type PassPage } from "#app/domain/passes/public.ts";
import { absent } from "./absent.ts";
import { movedOrAbsent } from "./moved.ts";
import { localPath } from "./return-to.ts";
import { requireViewer } from "./viewer.ts";

type Args = LoaderFunctionArgs | ActionFunctionArgs;

/** A pass of a space that is there, as somebody or nobody stands to it. Throws where an old address leads, 404 or 410. */
export async function requirePassPage(args: Args, userId: string | null): Promise<PassPage> {
  const { space = "", pass: address = "" } = args.params;
  const pass = await findPassPage(args.context.db, { space, pass: address, userId });
  if (!pass) throw await movedOrAbsent(args, "There is no such pass.");
  if (pass.spaceRetired) throw absent("The space of this pass has closed.", 410);
  return pass;
}

/**
 * For what only a signed-in person does about a pass: them, the pass, and the address of its page, which leads on to the
 * stream that they came from.
 */
export async function requirePassOf(args: Args): Promise<{ viewer: Viewer; pass: PassPage; back: string }> {
  const { space = "", pass: address = "" } = args.params;
  const stream = streamOf(args.request, space);
  const back = withStream(`/${space}/passes/${address}`, stream);
  const viewer = await requireViewer(args, { back });
  return { viewer, pass: await requirePassPage(args, viewer.userId), back };
}

/** The page of a stream of this space that somebody came from, to get in. */
export function streamOf(request: Request, space: string): string | undefined {
  const to = localPath(new URL(request.url).searchParams.get("to"));
  const [, inSpace, , streams, stream, more] = to?.split("/") ?? [];
  return inSpace === space && streams === "streams" && stream && more === undefined ? to : undefined;
}

/** A path that remembers that stream. */
export const withStream = (path: string, stream: string | undefined) =>
  stream ? `${path}?to=${encodeURIComponent(stream)}` : path;
