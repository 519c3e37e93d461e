import { isId } from "#app/domain/text.ts";

/** The id in `?after=`, after which a list goes on; what is no id counts as its beginning. */
export function readCursor(request: Request): string | undefined {
  const after = new URL(request.url).searchParams.get("after") ?? undefined;
  return isId(after) ? after : undefined;
}
