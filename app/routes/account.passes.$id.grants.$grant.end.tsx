import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { EndFields } from "#app/components/end-fields.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { GrantAct } from "#app/components/grant-act.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { When } from "#app/components/when.tsx";
import { endRefusals } from "#app/domain/grants/end-words.ts";
import { endForm } from "#app/domain/grants/fields.ts";
import { changeGrantEnd } from "#app/domain/grants/grants.ts";
import { toWallTime, zoneNames } from "#app/domain/passes/terms.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireGrantToMove } from "#app/http/grant-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Extend or shorten", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, grant, page } = await requireGrantToMove(args, "end");
  const zone = readTimeZone(args.request, viewer.timeZone);
  const timeZone = grant.passTimeZone ?? zone ?? "UTC";
  const wall = grant.endsAt && toWallTime(grant.endsAt, timeZone);
  const values: Record<string, string> = {
    end: wall ? "date" : "none",
    date: wall ? wall.date : "",
    time: wall ? wall.time : "",
    timeZone,
  };
  return {
    grant: { page, passName: grant.passName, email: grant.email },
    endsAt: grant.endsAt?.toISOString() ?? null,
    ran: grant.status === "expired",
    values,
    zone,
    zones: zoneNames(),
    draft: await takeDraft(args),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { page, act } = await requireGrantToMove(args, "end");
  const form = await readForm(args.request, endForm);
  if (!form.ok) return refuse(form);
  const { db, queue } = args.context;
  const changed = await changeGrantEnd(db, queue, { ...act, ...form.value });
  if (changed.ok || changed.reason === "gone" || changed.reason === "status") return redirect(page);
  const [field, sentence] = endRefusals[changed.reason];
  return refuse(problem(field, sentence, form.typed), field === "" ? 409 : 400);
}

export default function ChangeEnd() {
  const { grant, endsAt, ran, values, zone, zones, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <GrantAct
      {...grant}
      title="Extend or shorten"
      fields={
        <EndFields
          value={(name) => typedText(typed, name) ?? values[name]}
          problems={refused?.problems}
          zones={zones}
        />
      }
      reason={{ hint: "It stands in the history, for your team.", typed: typedText(typed, "reason") }}
      problems={refused?.problems}
      submit={{ label: "Set the new end", pending: "Setting it…" }}
    >
      <p>
        {endsAt ? (
          <>
            {ran ? "It ran out " : "It ends "}
            <When at={endsAt} zone={zone} />.{ran && " With a later end they hold it again at once."}
          </>
        ) : (
          "It has no end now."
        )}
      </p>
    </GrantAct>
  );
}

export { FailureBoundary as ErrorBoundary };
