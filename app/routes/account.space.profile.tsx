import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { TextArea, TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { profileForm } from "#app/domain/spaces/fields.ts";
import { findOwnProfile, saveProfile } from "#app/domain/spaces/profiles.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Your profile", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  const viewer = await requireViewer({ request, context });
  const profile = await findOwnProfile(context.db, viewer.userId);
  return {
    profile: profile ?? null,
    host: new URL(context.config.publicUrl).host,
    saved: new URL(request.url).searchParams.has("saved"),
    draft: await takeDraft({ request, context }),
  };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const viewer = await requireViewer({ request, context });
  const form = await readForm(request, profileForm);
  if (!form.ok) return refuse(form);
  const saved = await saveProfile(context.db, { userId: viewer.userId, ...form.value });
  if (saved.ok) return redirect("/account/space/profile?saved");
  return refuse(
    problem("username", `The user name “${form.value.username}” is taken. Choose another.`, form.typed),
  );
}

export default function Profile() {
  const { profile, host, saved, draft } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  return (
    <Narrow>
      <PageHeader
        title="Your profile"
        above={<Breadcrumbs items={[{ to: "/account", label: "Your account" }]} />}
        lead="A page about you, with the spaces that you host. Everybody can read it."
      />
      {saved && !refused && profile && (
        <Notice role="status">
          <p>
            Saved. <Link to={`/@${profile.username}`}>See your page</Link>
          </p>
        </Notice>
      )}
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <TextField
          label="User name"
          name="username"
          hint={`Your page is at ${host}/@ and this. Your own name is on the page of your account.`}
          error={refused?.problems.username}
          defaultValue={typedText(typed, "username") ?? profile?.username}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          dir="ltr"
          required
          maxLength={40}
        />
        <TextArea
          label="About you"
          name="bio"
          hint="Plain text. Addresses of web pages become links."
          error={refused?.problems.bio}
          defaultValue={typedText(typed, "bio") ?? profile?.bio}
        />
        <SubmitButton kind="go" pending="Saving…">
          Save
        </SubmitButton>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
