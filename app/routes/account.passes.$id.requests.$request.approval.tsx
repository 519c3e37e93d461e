import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { priceWords } from "#app/components/pass-ticket.tsx";
import { type ApproveRefusal, approveRequest } from "#app/domain/passes/requests.ts";
import { requireRequestToAnswer } from "#app/http/request-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Approve the request", error);

export async function loader(args: LoaderFunctionArgs) {
  const { asked, list } = await requireRequestToAnswer(args);
  const { passName, email, words, priceMinor, currency } = asked;
  return { passName, email, words, priceMinor, currency, list };
}

export async function action(args: ActionFunctionArgs) {
  const { list, act } = await requireRequestToAnswer(args);
  const { db, queue } = args.context;
  const approved = await approveRequest(db, queue, act);
  if (approved.ok || approved.reason === "gone" || approved.reason === "decided") return redirect(list);
  return data({ said: refusals[approved.reason] }, { status: 409 });
}

const refusals: Record<Exclude<ApproveRefusal["reason"], "gone" | "decided">, string> = {
  retired: "This pass is retired, and can no longer be given.",
  over: "This pass has reached its last day. Give it a later one first.",
  banned: "This person is banned from your space. Lift the ban first, or decline.",
  held: "They hold the pass already.",
  no_seat: "No seat is free. Say yes when one has come free, or raise the number of seats.",
};

export default function ApproveRequest() {
  const { passName, email, words, list, ...price } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <Narrow>
      <PageHeader
        title="Approve the request"
        above={<Breadcrumbs items={[{ to: list, label: "Requests" }]} />}
        lead={
          <p>
            <Bidi>{email}</Bidi> asked for <Bidi>{passName}</Bidi>.
          </p>
        }
      />
      <FormError>{refused?.said}</FormError>
      <div className="stack measure">
        {words && (
          <p>
            What they say: <Bidi>{words}</Bidi>
          </p>
        )}
        <p>
          They hold the pass from now on, and we write to them. It cost {priceWords(price)} when they asked:
          how they pay it to you is between you and them.
        </p>
      </div>
      <Form method="post" className="row">
        <SubmitButton pending="Approving…">Approve the request</SubmitButton>
        <ButtonLink kind="quiet" to={list}>
          Back to the requests
        </ButtonLink>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
