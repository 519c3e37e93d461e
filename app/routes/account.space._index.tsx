import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { CopyLink } from "#app/components/copy-link.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { TextArea, TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { toParagraphs } from "#app/components/paragraphs.ts";
import { SafeText } from "#app/components/safe-text.tsx";
import { Steps } from "#app/components/steps.tsx";
import { spaceForm } from "#app/domain/spaces/fields.ts";
import { findOwnProfile } from "#app/domain/spaces/profiles.ts";
import { findFirstSteps, findSpace, updateSpace } from "#app/domain/spaces/spaces.ts";
import { absent } from "#app/http/absent.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireTeam } from "#app/http/team.ts";
import { teamQuery } from "#app/http/team-of.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) => pageTitle(data?.space.name, error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam({ request, context }, { least: "moderator" });
  const { db } = context;
  const [space, steps, profile, draft] = await Promise.all([
    findSpace(db, team.spaceId),
    findFirstSteps(db, team.spaceId),
    findOwnProfile(db, viewer.userId),
    takeDraft({ request, context }),
  ]);
  if (!space) throw absent("This space has closed.", 410);
  const { slug, name, description } = space;
  return {
    space: { slug, name, description, paragraphs: toParagraphs(description) },
    role: team.role,
    steps,
    username: profile?.username ?? null,
    url: `${context.config.publicUrl}/${slug}`,
    host: new URL(context.config.publicUrl).host,
    saved: new URL(request.url).searchParams.has("saved"),
    query: teamQuery(teams, team),
    draft,
  };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const { team, teams } = await requireTeam({ request, context }, { least: "owner" });
  const form = await readForm(request, spaceForm);
  if (!form.ok) return refuse(form);
  const saved = await updateSpace(context.db, { spaceId: team.spaceId, ...form.value });
  if (saved.ok) return redirect(`/account/space?saved${teams.length > 1 ? `&space=${saved.slug}` : ""}`);
  if (saved.reason === "gone") throw absent("This space has closed.", 410);
  const why =
    saved.reason === "reserved"
      ? `Frontrow uses “${saved.slug}” itself.`
      : `The address “${saved.slug}” is taken.`;
  const next = saved.free ? `“${saved.free}” is free.` : "Choose another.";
  return refuse(problem("slug", `${why} ${next}`, form.typed));
}

export default function SpaceSettings() {
  const { space, role, steps, username, url, saved, query } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const owner = role === "owner";
  const begun = steps.experience && steps.pass && steps.stream;
  return (
    <Page>
      <PageHeader
        title={space.name}
        actions={<ButtonLink to={`/${space.slug}`}>See it as others do</ButtonLink>}
      />
      {saved && !refused && <Notice role="status">Saved.</Notice>}
      {!begun && owner && <FirstSteps />}
      <Two
        label="What belongs to the space"
        aside={
          <>
            <CopyLink url={url} label="Its address" />
            <Facts>
              <Fact label="What people get access to">
                <Link to={`/account/space/experiences${query}`}>Experiences</Link>
              </Fact>
              <Fact label="What opens it">
                <Link to={`/account/passes${query}`}>Passes</Link>
              </Fact>
              <Fact label="Who hosts and keeps order">
                <Link to={`/account/members${query}`}>Members</Link>
              </Fact>
              <Fact label="Its chats">
                <Link to={`/account/space/moderation${query}`}>What was moderated</Link>
                <br />
                <Link to={`/account/space/bans${query}`}>Bans</Link>
                <br />
                <Link to={`/account/space/blocked-words${query}`}>Blocked words</Link>
              </Fact>
              {role !== "moderator" && (
                <Fact label="Its recordings">
                  <Link to={`/account/space/recordings${query}`}>Storage, and how long they are kept</Link>
                </Fact>
              )}
              {owner && (
                <Fact label="For programs of your own">
                  <Link to={`/account/space/api${query}`}>API keys</Link>
                  <br />
                  <Link to={`/account/space/webhooks${query}`}>Webhooks</Link>
                </Fact>
              )}
              <Fact label={username ? `You, at /@${username}` : "A page about you"}>
                <Link to="/account/space/profile">Your profile</Link>
              </Fact>
            </Facts>
            {owner && (
              <p className="small">
                Do you want to stop? <Link to={`/account/space/retirement${query}`}>Close the space</Link>
              </p>
            )}
          </>
        }
      >
        {owner ? (
          <SpaceForm begun={begun} />
        ) : (
          <>
            <SafeText paragraphs={space.paragraphs} />
            <Notice>An owner of the space can change its name, description and address.</Notice>
          </>
        )}
      </Two>
    </Page>
  );
}

function FirstSteps() {
  const { steps, query } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>To your first stream</h2>
      <Steps
        label="To your first stream"
        steps={[
          { title: "Start a space", done: true, why: "", to: "/account/space", label: "" },
          {
            title: "Make an experience",
            done: steps.experience,
            why: "What people get access to: a series of streams, such as “Monday critiques”.",
            to: `/account/space/experiences/new${query}`,
            label: "Make an experience",
          },
          {
            title: "Make a pass",
            done: steps.pass,
            why: "The ticket that opens it. Only who holds one can watch.",
            to: `/account/passes/new${query}`,
            label: "Make a pass",
          },
          {
            title: "Schedule a stream",
            done: steps.stream,
            why: "It gets a page of its own, which you can hand on at once.",
            to: `/account/streams/new${query}`,
            label: "Schedule a stream",
          },
        ]}
      />
    </section>
  );
}

function SpaceForm({ begun }: { begun: boolean }) {
  const { space, host, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Form method="post" className="form" noValidate>
      <FormError problems={listProblems(refused?.problems)} />
      <TextField
        label="Name"
        name="name"
        error={refused?.problems.name}
        defaultValue={typedText(typed, "name") ?? space.name}
        required
        maxLength={80}
      />
      <TextArea
        label="Description"
        name="description"
        hint="Plain text. Addresses of web pages become links."
        error={refused?.problems.description}
        defaultValue={typedText(typed, "description") ?? space.description}
      />
      <TextField
        label="Address"
        name="slug"
        hint={`What comes after ${host}/. Links to the old address go on working.`}
        error={refused?.problems.slug}
        defaultValue={typedText(typed, "slug") ?? space.slug}
        autoCapitalize="none"
        autoComplete="off"
        spellCheck={false}
        dir="ltr"
        required
      />
      <SubmitButton kind={begun ? "go" : "plain"} pending="Saving…">
        Save
      </SubmitButton>
    </Form>
  );
}

export { FailureBoundary as ErrorBoundary };
