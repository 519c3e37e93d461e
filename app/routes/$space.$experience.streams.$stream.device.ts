import { type ActionFunctionArgs, data, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { z } from "zod";
import { findAccess, grantOf } from "#app/domain/access/decision.ts";
import { findWhetherItShows } from "#app/domain/devices/picture.ts";
import { watchHere } from "#app/domain/devices/watch-here.ts";
import { takeFrom } from "#app/domain/people/limits.ts";
import { findStreamIdAt } from "#app/domain/streams/watched.ts";
import { absent } from "#app/http/absent.ts";
import { readForm } from "#app/http/forms.ts";
import { requireViewer } from "#app/http/viewer.ts";
import { waitInWords } from "#app/http/wait.ts";

/** `end`: the device whose place is wanted; without it any that is free. */
const schema = z.object({ end: z.uuid().optional() });

const pageOf = ({ space = "", experience = "", stream = "" }: ActionFunctionArgs["params"]) =>
  `/${encodeURIComponent(space)}/${encodeURIComponent(experience)}/streams/${encodeURIComponent(stream)}`;

export const loader = ({ params }: LoaderFunctionArgs) => redirect(pageOf(params));

/** The person watches on this device from now on, in the place of another one of theirs where they say which. */
export async function action(args: ActionFunctionArgs) {
  const { params, request, context } = args;
  const { db, queue, log, requestId } = context;
  const page = pageOf(params);
  const { userId, sessionId } = await requireViewer(args, { back: page });
  const { space = "", experience = "", stream = "" } = params;
  const streamId = await findStreamIdAt(db, { space, experience, stream });
  const access = streamId && (await findAccess(db, { streamId, userId }));
  if (!access) throw absent("There is no stream at this address.");
  if (!access.mayWatch) throw data({ message: "You have no access to this stream." }, { status: 403 });
  const form = await readForm(request, schema);
  if (!form.ok) throw data({ message: "That is no device of yours. Nothing was changed." }, { status: 400 });
  const grantId = grantOf(access);
  // The team needs no place, and nobody needs one for what cannot be seen.
  if (!grantId || !(await findWhetherItShows(db, access))) return redirect(page, 303);
  const { end: ended } = form.value;
  const turn = await takeFrom(db, "devices.person", userId);
  if (!turn.ok) {
    const message = `You changed between devices too often. Try again ${waitInWords(turn.waitSeconds)}.`;
    throw data({ message }, { status: 429 });
  }
  const watching = await watchHere(db, queue, { grantId, sessionId, streamId, userId, ended });
  log.info(
    { event: "device.watch_here", requestId, userId, sessionId, ended, watching },
    "asked to watch here",
  );
  // The page says that the one they chose was not enough, or that none has stopped by itself.
  return redirect(watching ? page : `${page}?device=${ended ? "more" : "full"}`, 303);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
