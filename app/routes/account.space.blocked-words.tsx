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
import { TextArea } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { changeBlockedWords, findBlockedWords } from "#app/domain/chat/blocked-word-lists.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Blocked words", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { team, teams } = await requireTeam({ request, context }, { least: "moderator" });
  const [list, draft] = await Promise.all([
    findBlockedWords(context.db, team.spaceId),
    takeDraft({ request, context }),
  ]);
  return {
    lines: list.lines.join("\n"),
    version: list.version,
    draft,
    name: team.name,
    query: teamQuery(teams, team),
    saved: new URL(request.url).searchParams.has("saved"),
  };
}

const wordsForm = z.object({ words: z.string().default(""), version: z.string().default("") });

export async function action({ request, context }: ActionFunctionArgs) {
  const { viewer, team } = await requireTeam({ request, context }, { least: "moderator" });
  const form = await readForm(request, wordsForm);
  if (!form.ok) return refuse(form);
  const { words: typed, version } = form.value;
  const change = { spaceId: team.spaceId, actorId: viewer.userId, typed, version };
  const changed = await changeBlockedWords(context, change);
  if (changed.ok) return redirect(`/account/space/blocked-words?space=${team.slug}&saved`, 303);
  return refuse(
    problem("words", changed.message, form.typed),
    changed.reason === "changed_before" ? 409 : 400,
  );
}

export default function BlockedWords() {
  const { lines, version, draft, name, query, saved } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Narrow>
      <PageHeader
        title="Blocked words"
        above={<Breadcrumbs items={[{ to: `/account/space${query}`, label: name }]} />}
        lead="A message with one of them is not sent, and its author reads why. The team’s own messages are let through."
      />
      {saved && !refused && <Notice role="status">Saved. It counts from the next message on.</Notice>}
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <input type="hidden" name="version" value={typedText(typed, "version") ?? version} />
        <TextArea
          label="One word on each line"
          name="words"
          hint="A word is found where it stands alone, also with other capitals, accents and look-alike letters. Put an asterisk before or after it to find it inside longer words: *word*"
          error={refused?.problems.words}
          defaultValue={typedText(typed, "words") ?? lines}
          rows={16}
          autoCapitalize="none"
          spellCheck={false}
          dir="auto"
        />
        <SubmitButton kind="go" pending="Saving…">
          Save
        </SubmitButton>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
