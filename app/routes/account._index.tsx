import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { Bidi } from "../components/bidi.tsx";
import { SubmitButton } from "../components/button.tsx";
import { Fact, Facts } from "../components/facts.tsx";
import { SelectField, TextField } from "../components/field.tsx";
import { FormError } from "../components/form-error.tsx";
import { Page, Two } from "../components/layouts.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { updateProfile } from "../domain/people/profile.ts";
import { listZones, normalizeZone } from "../domain/schedule/zones.ts";
import { listTeams } from "../domain/teams/members.ts";
import type { roleWords } from "../domain/teams/rights.ts";
import { oneLine } from "../domain/text.ts";
import { takeDraft } from "../http/drafts.ts";
import { listProblems, readForm, refuse, typedText } from "../http/forms.ts";
import { requireViewer } from "../http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Your account", error);

const schema = z.object({
  // Both may be empty; a form that comes without them is none of ours, and empties nothing.
  name: z
    .string("The name did not arrive. Type it again.")
    .transform((text): string | undefined => text)
    .pipe(oneLine({ what: "The name", least: 0, most: 80 })),
  zone: z
    .string("The time zone did not arrive. Choose it again.")
    .transform((text) => text.trim())
    .refine(
      (text) => text === "" || normalizeZone(text) !== undefined,
      "We do not know this time zone. Choose one.",
    )
    .transform((text) => normalizeZone(text) ?? null),
});

export async function loader(args: LoaderFunctionArgs) {
  const { userId, email, name, timeZone } = await requireViewer(args);
  const teams = await listTeams(args.context.db, userId);
  const draft = await takeDraft(args);
  const saved = new URL(args.request.url).searchParams.has("saved");
  return { email, name, timeZone, teams, zones: listZones(timeZone), draft, saved };
}

export async function action(args: ActionFunctionArgs) {
  const { userId } = await requireViewer(args);
  const form = await readForm(args.request, schema);
  if (!form.ok) return refuse(form);
  await updateProfile(args.context.db, { userId, name: form.value.name, timeZone: form.value.zone });
  return redirect("/account?saved", 303);
}

export default function Account() {
  const { email, name, timeZone, zones, draft, saved, teams } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Page>
      <PageHeader
        title="Your account"
        lead={
          <p>
            You are signed in as <Bidi>{email}</Bidi>.
          </p>
        }
      />
      {saved && !refused && <Notice role="status">Saved.</Notice>}
      <Two aside={<Places teams={teams} />} label="Pages of your account">
        <Form method="post" action="/account?index" className="form" noValidate>
          <FormError problems={listProblems(refused?.problems)} />
          <TextField
            label="Your name"
            name="name"
            autoComplete="name"
            hint="So the people you host streams with know who you are. You can leave it empty."
            error={refused?.problems.name}
            defaultValue={typedText(typed, "name") ?? name}
          />
          <SelectField
            label="Your time zone"
            name="zone"
            hint="The times of all streams are shown in it."
            error={refused?.problems.zone}
            defaultValue={typedText(typed, "zone") ?? timeZone ?? ""}
          >
            <option value="">The one of the browser I use</option>
            {zones.map(({ region, zones: names }) => (
              <optgroup key={region} label={region}>
                {names.map((zone) => (
                  <option key={zone} value={zone}>
                    {zone.replaceAll("_", " ")}
                  </option>
                ))}
              </optgroup>
            ))}
          </SelectField>
          <p className="row">
            <SubmitButton kind="go" pending="Saving…">
              Save
            </SubmitButton>
          </p>
        </Form>
      </Two>
    </Page>
  );
}

type Teams = { spaceId: string; slug: string; name: string; role: keyof typeof roleWords }[];

function Places({ teams }: { teams: Teams }) {
  const several = teams.length > 1;
  return (
    <>
      <section className="part" aria-labelledby="watching">
        <h2 id="watching">Watching</h2>
        <Facts>
          <Fact label="Streams and replays">
            <Link to="/account/experiences">What you can watch</Link>
          </Fact>
          <Fact label="What you hold, and until when">
            <Link to="/account/grants">Your passes</Link>
          </Fact>
          <Fact label="Spaces and experiences you hear of">
            <Link to="/account/following">What you follow</Link>
          </Fact>
          <Fact label="Streams in the calendar you use">
            <Link to="/account/calendar">Your calendar</Link>
          </Fact>
          <Fact label="What we send to you">
            <Link to="/account/mail">Your mail</Link>
          </Fact>
          <Fact label="Browsers you are signed in with">
            <Link to="/account/sessions">Your sessions</Link>
          </Fact>
        </Facts>
      </section>
      <section className="part" aria-labelledby="hosting">
        <h2 id="hosting">Hosting</h2>
        {teams.length === 0 && (
          <Facts>
            <Fact label="Host streams of your own">
              <Link to="/account/space/new">Start a space</Link>
            </Fact>
          </Facts>
        )}
        {teams.map(({ spaceId, slug, name, role }) => (
          <Facts key={spaceId}>
            <Fact label={`You are ${role === "owner" ? "an owner" : `a ${role}`}`}>
              <Link to={`/${slug}`}>
                <Bidi>{name}</Bidi>
              </Link>
            </Fact>
            {places.map(({ to, label, about }) => (
              <Fact key={to} label={about}>
                <Link to={several ? `${to}?space=${slug}` : to}>{label}</Link>
              </Fact>
            ))}
          </Facts>
        ))}
      </section>
    </>
  );
}

const places = [
  { to: "/account/streams", label: "Streams", about: "Scheduled, live and past" },
  { to: "/account/passes", label: "Passes", about: "What opens your experiences" },
  { to: "/account/members", label: "Members", about: "Who hosts with you" },
  { to: "/account/space", label: "Space", about: "Its name, address and experiences" },
];

export { FailureBoundary as ErrorBoundary } from "../components/failure.tsx";
