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
import { reasonForm } from "#app/domain/grants/fields.ts";
import { refundGrant } from "#app/domain/grants/grants.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireGrantToMove } from "#app/http/grant-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Mark as refunded", error);

export async function loader(args: LoaderFunctionArgs) {
  const { grant, page } = await requireGrantToMove(args, "refund");
  return { page, passName: grant.passName, email: grant.email, draft: await takeDraft(args) };
}

export async function action(args: ActionFunctionArgs) {
  const { page, act } = await requireGrantToMove(args, "refund");
  const form = await readForm(args.request, reasonForm);
  if (!form.ok) return refuse(form);
  const { db, queue } = args.context;
  await refundGrant(db, queue, { ...act, reason: form.value.reason });
  return redirect(page);
}

export default function MarkRefunded() {
  const { draft, ...grant } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <GrantAct
      {...grant}
      title="Mark as refunded"
      reason={{
        hint: "They read it on the page of the pass.",
        typed: typedText(refused?.typed ?? draft, "reason"),
      }}
      problems={refused?.problems}
      submit={{ label: "Mark the pass as refunded", pending: "Marking it…" }}
    >
      <p>
        For your books: it was paid back. It opens nothing from now on. No money is moved by it. You can
        restore it.
      </p>
    </GrantAct>
  );
}

export { FailureBoundary as ErrorBoundary };
