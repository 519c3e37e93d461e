import { data, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { findStreamForHost } from "../domain/streams/find.ts";
import { requireTeam } from "../http/team.ts";
import { requireViewer } from "../http/viewer.ts";

/** Opens the form of a new stream, filled in as a copy of this one, a week later. */
export async function loader(args: LoaderFunctionArgs) {
  const { userId } = await requireViewer(args);
  const stream = await findStreamForHost(args.context.db, { streamId: args.params.id, userId });
  if (!stream) throw data({ message: "There is no such stream of yours to copy." }, { status: 404 });
  await requireTeam(args, { least: "host", spaceId: stream.spaceId });
  const query = new URLSearchParams({ space: stream.spaceSlug, from: stream.id });
  return redirect(`/account/streams/new?${query}`);
}

// Without scripts too, what is refused is a page.
export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
