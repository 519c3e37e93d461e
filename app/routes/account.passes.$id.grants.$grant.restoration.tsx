import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { type ShouldRevalidateFunction, useActionData, useLoaderData } from "@remix-run/react";
import { EndFields } from "#app/components/end-fields.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { GrantAct } from "#app/components/grant-act.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { When } from "#app/components/when.tsx";
import { endRefusals } from "#app/domain/grants/end-words.ts";
import { endForm, reasonForm } from "#app/domain/grants/fields.ts";
import { restoreGrant } from "#app/domain/grants/grants.ts";
import { zoneNames } from "#app/domain/passes/terms.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireGrantToMove } from "#app/http/grant-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Restore the pass", error);

/** A refusal, too, means that the page is not as it was: by default only what was done reads it again. */
export const shouldRevalidate: ShouldRevalidateFunction = ({ actionStatus, defaultShouldRevalidate }) =>
  actionStatus !== undefined || defaultShouldRevalidate;

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, grant, page } = await requireGrantToMove(args, "restore");
  const zone = readTimeZone(args.request, viewer.timeZone);
  return {
    grant: { page, passName: grant.passName, email: grant.email },
    endsAt: grant.endsAt?.toISOString() ?? null,
    needsEnd: grant.endPassed,
    timeZone: grant.passTimeZone ?? zone ?? "UTC",
    zone,
    zones: zoneNames(),
    draft: await takeDraft(args),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { grant, page, act } = await requireGrantToMove(args, "restore");
  const { db, queue } = args.context;
  // The end's fields are there, and read, only where its end has passed.
  const form = await readForm(args.request, grant.endPassed ? endForm : reasonForm);
  if (!form.ok) return refuse(form);
  const restored = await restoreGrant(db, queue, { ...act, ...form.value });
  if (restored.ok || restored.reason === "gone" || restored.reason === "status") return redirect(page);
  const [field, sentence] = endRefusals[restored.reason];
  return refuse(problem(field, sentence, form.typed), field === "" ? 409 : 400);
}

export default function Restore() {
  const { grant, endsAt, needsEnd, timeZone, zone, zones, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <GrantAct
      {...grant}
      title="Restore the pass"
      fields={
        needsEnd && (
          <EndFields
            value={(name) => typedText(typed, name) ?? (name === "timeZone" ? timeZone : undefined)}
            problems={refused?.problems}
            zones={zones}
          />
        )
      }
      reason={{ hint: "It stands in the history, for your team.", typed: typedText(typed, "reason") }}
      problems={refused?.problems}
      submit={{ label: "Restore the pass", pending: "Restoring it…" }}
    >
      <p>They hold it again at once, and watch what it opens.</p>
      <p>
        {endsAt ? (
          <>
            {needsEnd ? "Its end has passed: " : "It keeps its end: "}
            <When at={endsAt} zone={zone} />.{needsEnd && " Choose a new one."}
          </>
        ) : (
          "It has no end."
        )}
      </p>
    </GrantAct>
  );
}

export { FailureBoundary as ErrorBoundary };
