import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FollowForm } from "#app/components/follow.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import {
  findFollowable,
  follow,
  type Follow,
  type Followed,
  listFollows,
  mostFollows,
  unfollow,
} from "#app/domain/follows/follows.ts";
import { isId } from "#app/domain/text.ts";
import { absent } from "#app/http/absent.ts";
import { isDelete, readTyped, tooOften, typedText } from "#app/http/forms.ts";
import { signInPath } from "#app/http/return-to.ts";
import { countTurn } from "#app/http/turns.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("What you follow", error);

const list = "/account/following";

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { userId } = await requireViewer({ request, context });
  return { follows: await listFollows(context.db, { userId }) };
}

/** Follows a space or one of its experiences, or ends that. Who has to sign in first is asked once more afterwards. */
export async function action(args: ActionFunctionArgs) {
  const { request, context } = args;
  const { db } = context;
  const typed = await readTyped(request);
  const [spaceId, experienceId] = [typedText(typed, "space"), typedText(typed, "experience")];
  const followed: Followed | undefined =
    isId(spaceId) && (experienceId === undefined || isId(experienceId))
      ? { spaceId, experienceId: experienceId ?? null }
      : undefined;
  const found = followed && (await findFollowable(db, followed));
  const viewer = await context.viewer();
  if (!viewer) throw redirect(signInPath(found ? `${found.path}?follow` : list), 303);
  if (!followed) throw data({ message: "The form did not say what to follow." }, { status: 400 });
  if (!found) throw absent("What you wanted to follow is not there.");
  const eager = await countTurn("follow.person", viewer.userId);
  if (eager) throw tooOften("You changed what you follow too often.", eager.waitSeconds);
  const of = { ...followed, userId: viewer.userId };
  const back = typedText(typed, "back") === "page" && !found.retired ? found.path : list;
  if (await isDelete(request)) {
    await unfollow(db, of);
    return redirect(back, 303);
  }
  const done = await follow(db, of);
  if (done.ok) return redirect(back, 303);
  const { message, status } = refusals[done.reason];
  throw data({ message, way: { to: back, label: "Back" } }, { status });
}

const refusals: Record<Extract<Follow, { ok: false }>["reason"], { message: string; status: number }> = {
  gone: { message: "This is no longer shown, so nobody can follow it.", status: 410 },
  banned: { message: "The team of this space has shut you out, so you cannot follow it.", status: 403 },
  too_many: {
    message: `You follow ${mostFollows} already, which is all that one person can. End one of them first.`,
    status: 409,
  },
};

export default function WhatIFollow() {
  const { follows } = useLoaderData<typeof loader>();
  return (
    <Narrow>
      <PageHeader
        title="What you follow"
        lead={
          <>
            You hear of new streams of these <Link to="/account/mail">by mail</Link>, and they stand in your
            calendar.
          </>
        }
        actions={<ButtonLink to="/account/calendar">Your calendar</ButtonLink>}
      />
      {follows.length === 0 ? (
        <EmptyList
          next={
            <ButtonLink kind="go" to="/explore">
              See what is on
            </ButtonLink>
          }
        >
          You follow nothing yet. Each space and each of its experiences has a button for it.
        </EmptyList>
      ) : (
        <Table caption="What you follow" hideCaption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">
                <span className="visually-hidden">What you can do</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {follows.map((one) => (
              <tr key={one.path}>
                <th scope="row">
                  <Link to={one.path}>
                    <Bidi>{one.experienceName ?? one.spaceName}</Bidi>
                  </Link>
                  <span className="small line-below">
                    {one.experienceName === null ? "The whole space" : <Bidi>{one.spaceName}</Bidi>}
                  </span>
                </th>
                <td className="end nowrap">
                  <FollowForm {...one} own name={one.experienceName ?? one.spaceName} back="list" />
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
