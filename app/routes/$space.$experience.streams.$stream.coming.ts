import { type ActionFunctionArgs, data, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { type NotComing, sayComing, takeComingBack } from "#app/domain/coming/coming.ts";
import { findStreamIdAt } from "#app/domain/streams/watched.ts";
import { isDelete, tooOften } from "#app/http/forms.ts";
import { movedOrAbsent } from "#app/http/moved.ts";
import { countTurn } from "#app/http/turns.ts";
import { requireViewer } from "#app/http/viewer.ts";

const pageOf = ({ space = "", experience = "", stream = "" }: ActionFunctionArgs["params"]) =>
  `/${encodeURIComponent(space)}/${encodeURIComponent(experience)}/streams/${encodeURIComponent(stream)}`;

export const loader = ({ params }: LoaderFunctionArgs) => redirect(pageOf(params));

/** "I'm coming", or not any more. Who has to sign in first is asked once more afterwards: opening a page changes nothing. */
export async function action(args: ActionFunctionArgs) {
  const { params, request, context } = args;
  const page = pageOf(params);
  const { userId } = await requireViewer(args, { back: `${page}?coming` });
  const eager = await countTurn("coming.person", userId);
  if (eager) throw tooOften("You changed your mind too often.", eager.waitSeconds);
  const { space = "", experience = "", stream = "" } = params;
  const streamId = await findStreamIdAt(context.db, { space, experience, stream });
  if (!streamId) throw await movedOrAbsent(args, "There is no stream at this address.");
  const of = { streamId, userId };
  if (await isDelete(request)) {
    await takeComingBack(context.db, of);
    return redirect(page, 303);
  }
  const said = await sayComing(context.db, of);
  if (said.ok) return redirect(page, 303);
  const { message, status } = refusals[said.reason];
  throw data({ message, way: { to: page, label: "To the stream's page" } }, { status });
}

const refusals: Record<NotComing, { message: string; status: number }> = {
  gone: { message: "There is no stream at this address.", status: 404 },
  team: { message: "You are on the team of this stream, and it counts its audience.", status: 403 },
  banned: { message: "The team of this stream has shut you out of it.", status: 403 },
  over: { message: "This stream is not to come any more. Nothing was changed.", status: 409 },
};

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
