import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { sayHolders } from "#app/components/holders.ts";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { findPass } from "#app/domain/passes/lists.ts";
import { findSpaceOfPass, retirePass } from "#app/domain/passes/passes.ts";
import { absent } from "#app/http/absent.ts";
import { requireTeamOf } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Retire the pass", error);

export async function loader({ params, request, context }: LoaderFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { team, id } = await requireTeamOf({ request, context }, wanted);
  const pass = await findPass(context.db, { spaceId: team.spaceId, passId: id });
  if (!pass) throw absent();
  if (pass.retired) throw absent("This pass is retired already.", 410);
  const { name, holders, moreHolders, asked, waiting, offered } = pass;
  return { id, name, holders, moreHolders, asked, waiting: waiting + offered };
}

/** A pass that is retired already stays so: the same page follows. */
export async function action({ params, request, context }: ActionFunctionArgs) {
  const wanted = { least: "owner", id: params.id, findSpace: findSpaceOfPass } as const;
  const { team, id } = await requireTeamOf({ request, context }, wanted);
  await retirePass(context.db, { spaceId: team.spaceId, passId: id });
  return redirect(`/account/passes/${id}`);
}

export default function RetirePass() {
  const { id, name, holders, moreHolders, asked, waiting } = useLoaderData<typeof loader>();
  const back = `/account/passes/${id}`;
  return (
    <Narrow>
      <PageHeader title="Retire the pass" above={<Breadcrumbs items={[{ to: back, label: name }]} />} />
      <div className="stack measure">
        <p>
          This retires <Bidi>{name}</Bidi> for good. You cannot bring it back.
        </p>
        <ul>
          <li>Nobody can get it any more, and you cannot give it.</li>
          <li>
            {holders === 0
              ? "Nobody holds it now."
              : `${holders === 1 ? "The one person who holds it keeps" : `The ${sayHolders({ holders, moreHolders }).toLowerCase()} people who hold it keep`} it to its end. You can still take it back from each.`}
          </li>
          {waiting > 0 && (
            <li>
              {waiting === 1 ? "One person waits for it" : `${waiting} people wait for it`}: the list is
              closed.
            </li>
          )}
          {asked > 0 && (
            <li>
              {asked === 1 ? "One person has" : `${asked} people have`} asked for it and no answer yet. We
              write to them that it is no longer given.
            </li>
          )}
        </ul>
      </div>
      <Form method="post" className="row">
        <SubmitButton pending="Retiring it…">Retire the pass for good</SubmitButton>
        <ButtonLink kind="quiet" to={back}>
          Keep it as it is
        </ButtonLink>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
