import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { formatBytes } from "#app/components/bytes.ts";
import { Choice } from "#app/components/choice.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { SpaceRecordings as SpaceRecordingList } from "#app/components/space-recordings.tsx";
import {
  findRecordingDays,
  ruleDays,
  setRecordingDays,
  warningDays,
} from "#app/domain/recordings/space-rule.ts";
import { graceDays } from "#app/domain/recordings/withholding.ts";
import { listSpaceRecordings, mostListed } from "#app/domain/recordings/space-recordings.ts";
import { findSpaceStorage } from "#app/domain/recordings/space-storage.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Recordings", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam({ request, context }, { least: "host" });
  const [storage, list, days, draft] = await Promise.all([
    findSpaceStorage(context.db, team.spaceId),
    listSpaceRecordings(context.db, team.spaceId),
    findRecordingDays(context.db, team.spaceId),
    takeDraft({ request, context }),
  ]);
  return {
    storage,
    list: list.map(({ streamId, title, bytes, endsAt, restorableUntil }) => ({
      streamId,
      title,
      bytes,
      endsAt: endsAt?.toISOString() ?? null,
      restorableUntil: restorableUntil?.toISOString() ?? null,
    })),
    isShortened: list.length === mostListed,
    zone: readTimeZone(request, viewer.timeZone),
    days,
    draft,
    ...ruleDays,
    warningDays,
    graceDays,
    owner: team.role === "owner",
    name: team.name,
    query: teamQuery(teams, team),
    saved: new URL(request.url).searchParams.has("saved"),
  };
}

const ruleForm = z.object({
  rule: z.enum(["keep", "delete"], "Choose one of the two."),
  days: z.string().default(""),
});

export async function action({ request, context }: ActionFunctionArgs) {
  const { viewer, team } = await requireTeam({ request, context }, { least: "owner" });
  const form = await readForm(request, ruleForm);
  if (!form.ok) return refuse(form);
  const typed = form.value.days.trim();
  const days = form.value.rule === "keep" ? null : Number(typed);
  const { least, most } = ruleDays;
  if (days !== null && !(/^\d{1,4}$/.test(typed) && days >= least && days <= most)) {
    const sentence = `Write after how many days, a whole number from ${least} to ${most}.`;
    return refuse(problem("days", sentence, form.typed));
  }
  await setRecordingDays(context.db, { spaceId: team.spaceId, days });
  const event = { event: "space.recording_rule", userId: viewer.userId, spaceId: team.spaceId, days };
  context.log.info({ ...event, requestId: context.requestId }, "the rule for recordings was set");
  return redirect(`/account/space/recordings?space=${team.slug}&saved`, 303);
}

export default function SpaceRecordings() {
  const { storage, list, isShortened, zone, days, owner, name, query, saved } =
    useLoaderData<typeof loader>();
  const { recordings, recordedBytes, exportedBytes, deletedBytes } = storage;
  return (
    <Narrow>
      <PageHeader
        title="Recordings"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: name }]} />}
        lead="What they take in storage, and how long they are kept."
      />
      {saved && <Notice role="status">Saved.</Notice>}
      <Facts>
        <Fact label="Storage used">{formatBytes(recordedBytes + exportedBytes)}</Fact>
        <Fact label="Recordings">{recordings.toLocaleString("en-GB")}</Fact>
        <Fact label="As they were recorded">{formatBytes(recordedBytes)}</Fact>
        <Fact label="MP4s, pictures and captions">{formatBytes(exportedBytes)}</Fact>
        {deletedBytes > 0 && (
          <Fact
            label="Deleted, and can be restored"
            note="It is in the sums above until it is gone for good."
          >
            {formatBytes(deletedBytes)}
          </Fact>
        )}
      </Facts>
      {owner ? (
        <Rule />
      ) : (
        <Notice>
          {days === null ? "Recordings are kept." : `Recordings are deleted after ${days} days.`} An owner of
          the space can change that.
        </Notice>
      )}
      {list.length > 0 && <SpaceRecordingList recordings={list} zone={zone} />}
      {isShortened && <p>These are the first {list.length}; those that are deleted next come first.</p>}
    </Narrow>
  );
}

function Rule() {
  const { days, draft, least, most, warningDays, graceDays } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Form method="post" className="form" noValidate>
      <FormError problems={listProblems(refused?.problems)} />
      <Choice
        label="How long recordings are kept"
        name="rule"
        error={refused?.problems.rule}
        defaultValue={typedText(typed, "rule") ?? (days === null ? "keep" : "delete")}
        options={[
          { value: "keep", label: "Until somebody deletes them" },
          {
            value: "delete",
            label: "For some days, then they are deleted",
            hint: `${warningDays} days before, we write to all owners which ones. For ${graceDays} days after it was deleted each can be restored, and is kept then.`,
          },
        ]}
      />
      <TextField
        label="After how many days"
        name="days"
        hint={`From ${least} to ${most}, counted from the day on which a recording was finished.`}
        error={refused?.problems.days}
        defaultValue={typedText(typed, "days") ?? (days === null ? "" : String(days))}
        inputMode="numeric"
        autoComplete="off"
        dir="ltr"
      />
      <SubmitButton kind="go" pending="Saving…">
        Save
      </SubmitButton>
    </Form>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
