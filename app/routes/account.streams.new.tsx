import { randomUUID } from "node:crypto";
import {
  type ActionFunctionArgs,
  data,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "../components/bidi.tsx";
import { Breadcrumbs } from "../components/breadcrumbs.tsx";
import { ButtonLink } from "../components/button.tsx";
import { EmptyList } from "../components/empty-list.tsx";
import { SelectField } from "../components/field.tsx";
import { FormError } from "../components/form-error.tsx";
import { Narrow } from "../components/layouts.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { RepeatFields } from "#app/live/schedule/repeat-fields.tsx";
import { ScheduleForm } from "../components/schedule-form.tsx";
import { formatLength } from "../components/time-format.ts";
import { usualChatHours } from "../domain/chat/phase.ts";
import { listExperiencesForHost } from "../domain/experiences/experiences.ts";
import { newStreamForm } from "../domain/schedule/fields.ts";
import { mostTimes } from "../domain/schedule/series.ts";
import { typeNextWeek } from "../domain/schedule/start.ts";
import { listZones, normalizeZone } from "../domain/schedule/zones.ts";
import { findMadeSeries, insertSeries } from "../domain/series/insert.ts";
import { findStreamForHost } from "../domain/streams/find.ts";
import { findNow, insertStream } from "../domain/streams/schedule.ts";
import { isId } from "../domain/text.ts";
import { readTimeZone } from "../http/cookies.ts";
import { takeDraft } from "../http/drafts.ts";
import { listProblems, type Problems, type Typed, typedText } from "../http/forms.ts";
import { inOrder, questionOf, readScheduleForm } from "../http/schedule-form.ts";
import { datesOf } from "../http/series-form.ts";
import { requireTeam } from "../http/team.ts";
import type { Db } from "#db/client.ts";

export const meta: MetaFunction = ({ error }) => pageTitle("New stream", error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam(args, { least: "host" });
  const { db } = args.context;
  const [experiences, now, draft] = await Promise.all([
    listExperiencesForHost(db, { userId: viewer.userId, spaceId: team.spaceId }),
    findNow(db),
    takeDraft(args),
  ]);
  const zone = readTimeZone(args.request, viewer.timeZone);
  const [only, another] = experiences;
  const typed: Typed = draft ?? {
    length: "1 h",
    chatBefore: usualChatHours.before,
    chatAfter: String(usualChatHours.afterMinutes),
    zone: normalizeZone(zone) ?? "",
    experience: only && !another ? only.id : "",
    ...(await copyOf(args, { userId: viewer.userId, spaceId: team.spaceId, now })),
  };
  const key = typedText(draft, "formKey");
  return {
    typed,
    question: questionOf(typed, { now }),
    formKey: isId(key) ? key : randomUUID(),
    experiences: experiences.map(({ id, name, passNames }) => ({ id, name, passNames })),
    zones: listZones(typedText(typed, "zone")),
    mostTimes,
    space: teams.length > 1 ? { name: team.name, query: `?space=${team.slug}` } : { name: null, query: "" },
    ask: { space: team.slug },
  };
}

/** `?from=`: the stream of this team that the form begins as a copy of, one week later. */
async function copyOf(
  { request, context }: LoaderFunctionArgs,
  { userId, spaceId, now }: { userId: string; spaceId: string; now: Date },
): Promise<Record<string, string> | undefined> {
  const from = new URL(request.url).searchParams.get("from");
  if (from === null) return undefined;
  const stream = await findStreamForHost(context.db, { streamId: from, userId });
  if (!stream || stream.spaceId !== spaceId) {
    throw data({ message: "There is no such stream of yours to copy." }, { status: 404 });
  }
  const { title, description, experienceId, lengthMinutes, chatBefore, chatAfterMinutes } = stream;
  const { day = "", time = "", zone = "" } = typeNextWeek(stream, now);
  return {
    title,
    description,
    experience: experienceId,
    length: formatLength(lengthMinutes),
    chatBefore,
    chatAfter: String(chatAfterMinutes),
    day,
    time,
    zone,
  };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, team, teams } = await requireTeam(args, { least: "host" });
  const { db, log, requestId } = args.context;
  const { userId } = viewer;
  const form = await readScheduleForm(args.request, newStreamForm, { now: await findNow(db) });
  const { typed, question, series } = form;
  const { dates, seen } = datesOf(typed, series);
  const refuse = (problems: Problems, more: { status?: number; formKey?: string; used?: string } = {}) => {
    const { status = 400, formKey, used } = more;
    return data({ typed, question, dates, problems: inOrder(problems), formKey, used }, { status });
  };

  const experiences = await listExperiencesForHost(db, { userId, spaceId: team.spaceId });
  const wanted = typedText(typed, "experience")?.trim();
  const problems: Problems = form.ok ? {} : form.problems;
  if (!problems.experience && !experiences.some(({ id }) => id === wanted)) {
    problems.experience = [wanted ? notYours : "Choose the experience that it belongs to."];
  }
  // Not something that a person typed: another key, and the same press works.
  const formKey = typedText(typed, "formKey");
  if (problems.formKey || !isId(formKey)) {
    const { formKey: _, ...others } = problems;
    const old = { ...others, "": ["This form was not complete. Look through it and press Schedule again."] };
    return refuse(old, { formKey: randomUUID() });
  }
  if (!form.ok || Object.keys(problems).length > 0) return refuse(problems, { formKey });

  const { title, description, chatBefore, chatAfter } = form.value;
  const words = { title, description, chat: { before: chatBefore, afterMinutes: chatAfter } };
  const where = { userId, spaceId: team.spaceId, experienceId: wanted!, formKey };
  // Its dates are looked at first: a script shows them while they are typed, and this does without one.
  if (series && !seen) return refuse({}, { status: 200, formKey });
  const made = series
    ? await insertSeries(db, {
        ...{ ...words, ...where, rule: series.rule },
        lengthMinutes: form.plan.lengthMinutes,
      })
    : await insertOnce(db, { ...words, ...where, plan: form.plan });
  if (!made.ok && made.reason === "no_experience") return refuse({ experience: [notYours] }, { formKey });
  if (!made.ok) return refuse({}, { status: 409, formKey: randomUUID(), used: made.title });
  const { streamId } = made;
  if (!made.already) {
    const event = { event: "stream.scheduled", requestId, userId, streamId, series: series !== undefined };
    log.info(event, "a stream was scheduled");
  }
  const query = new URLSearchParams(teams.length > 1 ? { space: team.slug } : {});
  if (streamId) query.set("scheduled", streamId);
  return redirect(`/account/streams?${query}`, 303);
}

/** A single stream; a form that made a series before asks first. */
async function insertOnce(db: Db, scheduling: Parameters<typeof insertStream>[1]) {
  const series = await findMadeSeries(db, scheduling);
  if (series) return { ok: false, reason: "form_used", title: series.title } as const;
  const made = await insertStream(db, scheduling);
  if (made.ok) return { ok: true, streamId: made.stream.id, already: made.already } as const;
  if (made.reason === "no_experience") return made;
  return { ok: false, reason: made.reason, title: made.stream.title } as const;
}

const notYours = "This is not an experience that you can schedule streams in. Choose another one.";

/** A form that was sent to see its dates, with nothing wrong in it. */
const isFine = ({ problems, used }: { problems: Problems; used: string | undefined }) =>
  used === undefined && Object.keys(problems).length === 0;

export default function NewStream() {
  const page = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const { experiences, space } = page;
  const problems = refused?.problems;
  const typed = refused?.typed ?? page.typed;
  const streams = `/account/streams${space.query}`;
  return (
    <Narrow>
      <PageHeader
        title="New stream"
        above={<Breadcrumbs items={[{ to: streams, label: "Streams" }]} />}
        lead={space.name ? <Bidi>{space.name}</Bidi> : undefined}
      />
      {experiences.length === 0 ? (
        <EmptyList
          next={
            <ButtonLink kind="go" to={`/account/space/experiences/new${space.query}`}>
              Make an experience
            </ButtonLink>
          }
        >
          A stream belongs to an experience, which is what a pass opens. There is none yet: make one first.
        </EmptyList>
      ) : (
        <>
          <FormError problems={listProblems(problems).filter(({ name }) => name !== "")}>
            {refused?.used === undefined ? (
              problems?.[""]?.[0]
            ) : (
              <>
                This form has scheduled “<Bidi>{refused.used}</Bidi>” already. Press Schedule again to make a
                second stream of what is here now.
              </>
            )}
          </FormError>
          {refused?.dates && isFine(refused) && (
            <Notice role="status" title="Look at its dates">
              Nothing is scheduled yet. Where they are right, press Schedule again.
            </Notice>
          )}
          <ScheduleForm
            text={(name) => typedText(typed, name)}
            problems={problems}
            question={refused ? refused.question : page.question}
            zones={page.zones}
            titleHint="Its page's address is made of it, and stays when you change the title later."
            hidden={{ formKey: refused?.formKey ?? page.formKey }}
            repeat={
              <RepeatFields
                text={(name) => typedText(typed, name)}
                problems={problems}
                dates={refused?.dates}
                ask={page.ask}
                once
                mostTimes={page.mostTimes}
              />
            }
            submit={{ label: "Schedule", pending: "Scheduling…" }}
            back={{ to: streams, label: "Cancel" }}
            experience={
              <SelectField
                name="experience"
                label="Experience"
                hint="Whoever holds one of its passes can watch."
                error={problems?.experience}
                defaultValue={typedText(typed, "experience")}
                required
              >
                <option value="">Choose…</option>
                {experiences.map(({ id, name, passNames }) => (
                  <option key={id} value={id}>
                    {passNames.length > 0
                      ? `${name}: opened by ${passNames.join(", ")}`
                      : `${name}: no pass opens it yet`}
                  </option>
                ))}
              </SelectField>
            }
          />
        </>
      )}
    </Narrow>
  );
}
