import { type AppLoadContext, data, redirect } from "@remix-run/node";
import { z } from "zod";
import type { Viewer } from "#app/domain/people/sessions.ts";
import { hostRefusalWords } from "#app/domain/streams/host-words.ts";
import { isId } from "#app/domain/text.ts";
import { readForm } from "./forms.ts";
import { requireViewer } from "./viewer.ts";

type Args = { request: Request; context: AppLoadContext; params: { id?: string } };

/** The name of a browser tab, as `claimTab` makes it. */
export const tabName = z.string().regex(/^[\w-]{8,64}$/, "This page does not know its tab. Reload it.");

export const noStream = () => data({ message: "There is no such stream of yours." }, { status: 404 });

export const studioPath = (streamId: string) => `/account/streams/${streamId}`;

/** Who sent a form of the studio, and about which stream. Throws a way to sign in, or 404 for what is no id at all. */
export async function requireStreamForm(args: Args): Promise<{ viewer: Viewer; streamId: string }> {
  const streamId = args.params.id;
  if (!isId(streamId)) throw noStream();
  return { viewer: await requireViewer(args, { back: studioPath(streamId) }), streamId };
}

/** Reads a form that only the studio's own script sends; throws 400 for what that would never send. */
export async function readStreamForm<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const form = await readForm(request, schema);
  if (form.ok) return form.value;
  throw data({ message: "What your browser sent was not complete. Nothing was changed." }, { status: 400 });
}

/** Whoever opens a form's address lands on the page that has the form. */
export function backToStudio({ params }: { params: { id?: string } }) {
  throw redirect(isId(params.id) ? studioPath(params.id) : "/account/streams");
}

/**
 * Tells a form of the studio that it was refused. A whole Response, because Remix drops the status of `data()` where an
 * address has no page of its own.
 */
export function refuseHost(refused: Parameters<typeof hostRefusalWords>[0]): Response {
  const { status, ...words } = hostRefusalWords(refused);
  return Response.json({ ok: false, ...words }, { status });
}
