import { randomUUID } from "node:crypto";
import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Link, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { OwnStreams } from "#app/components/own-streams.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { RepeatFields } from "#app/live/schedule/repeat-fields.tsx";
import { SavedBefore, type SavedBeforeWords } from "#app/components/saved-before.tsx";
import { ScheduleForm } from "#app/components/schedule-form.tsx";
import { formatLength } from "#app/components/time-format.ts";
import { followingForm } from "#app/domain/schedule/fields.ts";
import { typeSeries } from "#app/domain/schedule/read-series.ts";
import { mostTimes } from "#app/domain/schedule/series.ts";
import { seriesInWords } from "#app/domain/schedule/series-words.ts";
import { isKnownZone, listZones } from "#app/domain/schedule/zones.ts";
import { changeFollowing } from "#app/domain/series/change.ts";
import { findNow, isOpen } from "#app/domain/streams/schedule.ts";
import { isId } from "#app/domain/text.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, type Problems, type Typed, typedText } from "#app/http/forms.ts";
import { readScheduleForm } from "#app/http/schedule-form.ts";
import { changesOwn, datesOf, keptOf, pastInWords, savedSeries } from "#app/http/series-form.ts";
import {
  closedStream,
  listed,
  readEdition,
  requireFollowing,
  savedBy,
  writeEdition,
} from "#app/http/series-of-team.ts";

export const meta: MetaFunction = ({ error }) => pageTitle("Change a series", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream, following } = await requireFollowing(args);
  const { series, day, left, open } = following;
  const draft = await takeDraft(args);
  const typed: Typed = draft ?? {
    title: series.title,
    description: series.description,
    length: formatLength(series.lengthMinutes),
    chatBefore: series.chat.before,
    chatAfter: String(series.chat.afterMinutes),
    ...typeSeries(series.rule, { day, left }),
  };
  return {
    typed,
    edition: typedText(draft, "edition") ?? writeEdition(following),
    formKey: randomUUID(),
    unknownZone: isKnownZone(series.rule.timeZone) ? null : series.rule.timeZone,
    zones: listZones(typedText(typed, "zone")),
    mostTimes,
    id: stream.id,
    title: stream.title,
    closed: isOpen(stream.status) ? null : closedStream[stream.status],
    words: seriesInWords(stream),
    experienceName: stream.experienceName,
    own: open.filter(({ own }) => own).map(listed),
    zone: readTimeZone(args.request, viewer.timeZone),
    streams: `/account/streams?space=${stream.spaceSlug}`,
    ask: { space: stream.spaceSlug, stream: stream.id },
  };
}

type Refusing = { status?: number; edition?: string; formKey?: string; saved?: SavedBeforeWords };

export async function action(args: ActionFunctionArgs) {
  const { viewer, stream, following } = await requireFollowing(args);
  const { db, queue, log, requestId } = args.context;
  const now = await findNow(db);
  const form = await readScheduleForm(args.request, followingForm, (typed) => ({
    ...{ now, ...keptOf(following, typed) },
  }));
  const { typed, series } = form;
  const { dates, seen } = datesOf(typed, series, following);
  const [typedEdition, formKey] = [typedText(typed, "edition"), typedText(typed, "formKey")];
  const refuse = (problems: Problems, { status = 400, ...more }: Refusing = {}) =>
    data({ typed, dates, problems, edition: typedEdition, formKey, saved: undefined, ...more }, { status });

  if (!isOpen(stream.status)) return refuse({ "": [closedStream[stream.status]] }, { status: 409 });
  const edition = readEdition(typedEdition);
  if (!edition || !isId(formKey)) {
    const old = { "": ["This form was not complete. Look through it and press Save again."] };
    return refuse(old, { edition: writeEdition(following), formKey: randomUUID() });
  }
  if (!form.ok) return refuse(form.problems);
  if (!series) return refuse({ repeats: ["Choose how it repeats."] });
  if (!seen) return refuse({}, { status: 200 });

  const { title, description, chatBefore, chatAfter } = form.value;
  const ids = { userId: viewer.userId, streamId: stream.id };
  const words = { title, description, chat: { before: chatBefore, afterMinutes: chatAfter } };
  const changed = await changeFollowing(db, queue, {
    ...{ ...ids, ...edition, ...words, formKey },
    lengthMinutes: form.plan.lengthMinutes,
    rule: series.rule,
    days: series.days,
    ownToo: changesOwn(typed),
  });
  if (changed.ok) {
    const event = { event: "series.changed", requestId, ...ids };
    if (!changed.already) log.info(event, "a series was changed from a stream on");
    const first = changed.streamId ?? stream.id;
    return redirect(`/account/streams?space=${stream.spaceSlug}&saved=${first}&following`, 303);
  }
  if (changed.reason === "past") return refuse({ day: [pastInWords(changed)] });
  if (changed.reason === "closed") return refuse({ "": [closedStream[changed.status]] }, { status: 409 });
  if (changed.reason === "saved_before") {
    const { following: now } = await requireFollowing(args);
    const saved = { by: savedBy(edition, now), ...savedSeries(now, { ...words, plan: form.plan }) };
    return refuse({}, { status: 409, edition: writeEdition(now), saved });
  }
  throw data({ message: "You cannot change this series any more. Nothing was changed." }, { status: 403 });
}

export default function ChangeSeries() {
  const page = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const problems = refused?.problems;
  const typed = refused?.typed ?? page.typed;
  const text = (name: string) => typedText(typed, name);
  const unseen = refused && !refused.saved && Object.keys(refused.problems).length === 0;
  const header = (
    <PageHeader
      title="This and all following"
      above={<Breadcrumbs items={[{ to: page.streams, label: "Streams" }]} />}
    />
  );
  if (page.closed && !refused) {
    return (
      <Narrow>
        {header}
        <Notice title={page.title}>{page.closed}</Notice>
        <ButtonLink kind="go" to={page.streams}>
          Back to your streams
        </ButtonLink>
      </Narrow>
    );
  }
  return (
    <Narrow>
      {header}
      <FormError problems={listProblems(problems).filter(({ name }) => name !== "")}>
        {refused?.saved ? (
          <>
            <Bidi>{refused.saved.by ?? "Somebody of your team"}</Bidi> changed this series, or this stream,
            while you were editing. What you typed is still here, and not saved yet. It is now: {page.words}.
          </>
        ) : (
          problems?.[""]?.[0]
        )}
      </FormError>
      {refused?.saved && <SavedBefore saved={refused.saved} zone={page.zone} />}
      {unseen && (
        <Notice role="status" title="Look at its dates">
          Nothing is saved yet. Where they are right, press Save again.
        </Notice>
      )}
      {!refused && (
        <p className="measure">
          This series is: {page.words}. What you save here is for this stream and all that follow; those
          before it stay. Streams that are not among the new dates are cancelled.{" "}
          <Link to={`/account/streams/${page.id}/edit`}>Change this stream alone</Link>
        </p>
      )}
      {page.unknownZone && (
        <Notice title="Choose its time zone again">
          This series is in the time zone {page.unknownZone}, which was renamed or removed and is not known
          here any more. Its streams keep their times, and no further ones are made until you have chosen
          another zone and saved it.
        </Notice>
      )}
      <ScheduleForm
        text={text}
        problems={problems}
        zones={page.zones}
        hidden={{ edition: refused?.edition ?? page.edition, formKey: refused?.formKey ?? page.formKey }}
        submit={{ label: "Save this and all following", pending: "Saving…" }}
        back={{ to: page.streams, label: "Leave it as it was" }}
        experience={
          <Facts>
            <Fact label="Experience">
              <Bidi>{page.experienceName}</Bidi>
            </Fact>
          </Facts>
        }
        repeat={
          <>
            <RepeatFields
              text={text}
              problems={problems}
              dates={refused?.dates}
              ask={page.ask}
              mostTimes={page.mostTimes}
            />
            <OwnStreams streams={page.own} zone={page.zone} defaultValue={text("own")} />
          </>
        }
      />
      {!page.closed && (
        <p>
          <Link to={`/account/streams/${page.id}/series/cancel`}>Cancel this and all following</Link>
        </p>
      )}
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
