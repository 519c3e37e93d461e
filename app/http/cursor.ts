import { isId } from "#app/domain/text.ts";

/** Where a list goes on, from `?after=`; what is no such thing counts as its beginning. */
export function readCursor(request: Request): { id: string; at?: string } | undefined {
  const [id, at] = (new URL(request.url).searchParams.get("after") ?? "").split("_");
  if (!isId(id)) return undefined;
  if (at === undefined) return { id };
  return /^\d{4}-\d{2}-\d{2}T[\d:.]{15}Z$/.test(at) && !Number.isNaN(Date.parse(at)) ? { id, at } : undefined;
}

export const writeCursor = ({ id, at }: { id: string; at?: string }) => (at ? `${id}_${at}` : id);
