import type { LoaderFunctionArgs } from "@remix-run/node";
import { findReceipt, receiptAsJson } from "#app/domain/recordings/receipt.ts";
import { requireRecording } from "#app/http/recording-of-team.ts";

/** What a recording consists of, as a file. */
export async function loader(args: LoaderFunctionArgs) {
  const { stream, recording } = await requireRecording(args, { least: "moderator" });
  const receipt = await findReceipt(args.context.db, { recordingId: recording.id });
  const ids = { streamId: stream.id, recordingId: recording.id };
  return new Response(`${JSON.stringify(receiptAsJson(ids, receipt), null, 1)}\n`, {
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Disposition": `attachment; filename="recording-${recording.id}.json"`,
    },
  });
}
