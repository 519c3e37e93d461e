import { type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { findMovedSpace } from "#app/domain/spaces/spaces.ts";
import { absent } from "./absent.ts";

/**
 * To throw where nothing stands at an address under a space. A space that moved leads on from its old address, with
 * whatever stands behind it: links to its streams live for ever. Asked only here, so that pages that are there pay nothing.
 */
export async function movedOrAbsent(
  { request, params, context }: LoaderFunctionArgs,
  message: string,
): Promise<Response | ReturnType<typeof absent>> {
  const { space = "" } = params;
  const moved = await findMovedSpace(context.db, space);
  if (!moved) return absent(message);
  const url = new URL(request.url);
  const rest = url.pathname.replace(/\.data$/, "").slice(1 + encodeURIComponent(space).length);
  url.searchParams.delete("_routes");
  return redirect(`/${moved}${rest}${url.search}`, 301);
}
