import type { AppLoadContext } from "@remix-run/node";
import { findFollowing, type Followed } from "#app/domain/follows/follows.ts";

type Args = { request: Request; context: AppLoadContext };

/** What the page of a space or an experience says of following it, to whoever reads it. */
export async function followingOf({ request, context }: Args, followed: Followed) {
  const viewer = await context.viewer();
  const none = { own: false, whole: false };
  const now = viewer ? await findFollowing(context.db, { ...followed, userId: viewer.userId }) : none;
  const asked = viewer !== null && !now.own && new URL(request.url).searchParams.has("follow");
  return { ...followed, ...now, asked };
}
