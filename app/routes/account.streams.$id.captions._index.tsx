import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { Button, ButtonLink } from "#app/components/button.tsx";
import { CaptionsForm } from "#app/components/captions-form.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { Page } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { When } from "#app/components/when.tsx";
import { addCaptions, listCaptions, mostCaptionsBytes } from "#app/domain/captions/captions.ts";
import { languageInEnglish, normalizeLanguage, offeredLanguages } from "#app/domain/captions/languages.ts";
import {
  captionsMissing,
  captionsTooLarge,
  captionsWords,
  languageUnknown,
} from "#app/domain/captions/words.ts";
import { findEdit } from "#app/domain/recordings/edits.ts";
import { findReplayId } from "#app/domain/recordings/replay.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { formIncomplete, problem, refuse, typedText } from "#app/http/forms.ts";
import { signInPath } from "#app/http/return-to.ts";
import { requireStreamOfTeam } from "#app/http/stream-of-team.ts";
import { readWhole, type Upload, withUpload } from "#app/http/uploads.ts";
import { clock } from "#app/live/replay/clock.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  pageTitle(data && `Captions of ${data.title}`, error);

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, stream } = await requireStreamOfTeam(args, { least: "host" });
  const { db } = args.context;
  const recordingId = await findReplayId(db, stream.id, { asTeam: true });
  const captions = recordingId ? await listCaptions(db, recordingId) : [];
  const edit = recordingId && (await findEdit(db, recordingId));
  const { searchParams } = new URL(args.request.url);
  return {
    title: stream.title,
    studio: `/account/streams/${stream.id}`,
    hasReplay: recordingId !== undefined,
    version: edit ? edit.number : 0,
    captions: captions.map(({ language, cues, endsMs, fileName, addedAt, addedBy }) => ({
      ...{ language, cues, fileName, addedBy },
      name: languageInEnglish(language),
      until: clock(endsMs),
      addedAt: addedAt.toISOString(),
      file: `/media/${stream.id}/${recordingId}/captions/${language}.vtt`,
    })),
    languages: offeredLanguages,
    zone: readTimeZone(args.request, viewer.timeZone),
    done: searchParams.has("added")
      ? "The captions are added. Who opens the replay from now on can choose them."
      : searchParams.has("removed")
        ? "The captions are removed."
        : null,
  };
}

/** Adds captions in a language, or replaces those that there are in it. */
export async function action(args: ActionFunctionArgs) {
  const { request, context, params } = args;
  const page = `/account/streams/${params.id}/captions`;
  // A file is not kept for who has to sign in first, nor read.
  if (!(await context.viewer())) throw redirect(signInPath(page), { status: 303 });
  const { viewer, stream } = await requireStreamOfTeam(args, { least: "host" });
  const add = async ({ typed, fileName, open }: Upload) => {
    const language = normalizeLanguage(typedText(typed, "language") ?? "");
    if (fileName === null) return refuse(problem("file", captionsMissing, typed));
    if (!language) return refuse(problem("language", languageUnknown, typed));
    const recordingId = await findReplayId(context.db, stream.id, { asTeam: true });
    const version = typedText(typed, "version") ?? "";
    if (!/^\d{1,6}$/.test(version)) return refuse(problem("file", formIncomplete, typed));
    const file = await readWhole(open, mostCaptionsBytes);
    if (!file) return refuse(problem("file", captionsTooLarge, typed), 413);
    const of = { streamId: stream.id, recordingId: recordingId ?? stream.id, language };
    const added = await addCaptions(context.db, of, {
      ...{ file, fileName, actorId: viewer.userId },
      seen: Number(version),
    });
    if (added.ok) return redirect(`${page}?added`, 303);
    const problems = { file: captionsWords(added) };
    const isLate = added.reason === "gone" || added.reason === "edited_before";
    return refuse({ ok: false, problems, typed }, isLate ? 409 : 400);
  };
  const wanted = { file: "file", fields: ["language", "version"], tooLarge: captionsTooLarge };
  return withUpload(request, wanted, context, add);
}

export default function CaptionsOfStream() {
  const { title, studio, hasReplay, captions, languages, version, done } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  return (
    <Page>
      <PageHeader
        title="Captions"
        above={<Breadcrumbs items={[{ to: studio, label: title }]} />}
        lead="What is said, to read along, in as many languages as you like."
      />
      {!refused && done && <Notice role="status">{done}</Notice>}
      {hasReplay ? (
        <CaptionsForm
          problems={refused?.problems}
          language={typedText(refused?.typed, "language") ?? ""}
          languages={languages}
          version={version}
        />
      ) : (
        <EmptyList next={<ButtonLink to={studio}>Back to the studio</ButtonLink>}>
          There is no replay yet to which captions could be added.
        </EmptyList>
      )}
      {captions.length > 0 && <Files />}
    </Page>
  );
}

function Files() {
  const { captions, zone, studio } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>What there is</h2>
      <Table caption="Captions of this replay" hideCaption>
        <thead>
          <tr>
            <th scope="col">Language</th>
            <th scope="col">Cues</th>
            <th scope="col">Until</th>
            <th scope="col">File</th>
            <th scope="col">Added</th>
            <th scope="col">
              <span className="visually-hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {captions.map(({ language, name, cues, until, fileName, addedAt, addedBy, file }) => (
            <tr key={language}>
              <th scope="row">{name}</th>
              <td className="num">{cues.toLocaleString("en-GB")}</td>
              <td className="num">{until}</td>
              <td className="words">
                <a href={file}>
                  <Bidi>{fileName || `${language}.vtt`}</Bidi>
                </a>
              </td>
              <td>
                <When at={addedAt} zone={zone} size="day" /> by <Bidi>{addedBy}</Bidi>
              </td>
              <td>
                <Form method="post" action={`${studio}/captions/${language}/removal`}>
                  <Button aria-label={`Remove the captions in ${name}`}>Remove</Button>
                </Form>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
