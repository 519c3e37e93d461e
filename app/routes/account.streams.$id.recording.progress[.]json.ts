import type { LoaderFunctionArgs } from "@remix-run/node";
import { exportsInWords } from "#app/http/recording-exports.ts";
import { requireRecording } from "#app/http/recording-of-team.ts";

/** How far the files of a recording are: what its page asks for again and again while they are made. */
export async function loader(args: LoaderFunctionArgs) {
  const { stream, recording } = await requireRecording(args, { least: "moderator" });
  const { working, files } = exportsInWords(recording, `/media/${stream.id}/${recording.id}`);
  return Response.json(
    { working, files: files.map(({ kind, status, progress }) => ({ kind, status, progress })) },
    { headers: { "Cache-Control": "private, no-store" } },
  );
}
