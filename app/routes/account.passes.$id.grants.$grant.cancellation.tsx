import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { FailureBoundary } from "#app/components/failure.tsx";
import { GrantAct } from "#app/components/grant-act.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { reasonNeededForm } from "#app/domain/grants/fields.ts";
import { cancelGrant } from "#app/domain/grants/grants.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireGrantToMove } from "#app/http/grant-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Take the pass back", error);

export async function loader(args: LoaderFunctionArgs) {
  const { grant, page } = await requireGrantToMove(args, "cancel");
  return { page, passName: grant.passName, email: grant.email, draft: await takeDraft(args) };
}

export async function action(args: ActionFunctionArgs) {
  const { page, act } = await requireGrantToMove(args, "cancel");
  const form = await readForm(args.request, reasonNeededForm);
  if (!form.ok) return refuse(form);
  const { db, queue } = args.context;
  await cancelGrant(db, queue, { ...act, reason: form.value.reason });
  return redirect(page);
}

export default function TakeBack() {
  const { draft, ...grant } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <GrantAct
      {...grant}
      title="Take the pass back"
      reason={{
        hint: "They read it on the page of the pass.",
        typed: typedText(refused?.typed ?? draft, "reason"),
        needed: true,
      }}
      problems={refused?.problems}
      submit={{ label: "Take the pass back", pending: "Taking it back…" }}
    >
      <p>
        It stops opening anything at once, also a stream that they are watching right now. They cannot get it
        again by themselves; you can restore it.
      </p>
    </GrantAct>
  );
}

export { FailureBoundary as ErrorBoundary };
