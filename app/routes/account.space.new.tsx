import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { type FormEvent, useRef } from "react";
import { SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { TextArea, TextField } from "#app/components/field.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { toSlug } from "#app/domain/slug.ts";
import { newSpaceForm } from "#app/domain/spaces/fields.ts";
import { type SlugRefusal, startSpace, suggestSlug } from "#app/domain/spaces/spaces.ts";
import { takeDraft } from "#app/http/drafts.ts";
import { listProblems, problem, readForm, refuse, typedText } from "#app/http/forms.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Start a space", error);

export async function loader({ request, context }: LoaderFunctionArgs) {
  await requireViewer({ request, context });
  const draft = await takeDraft({ request, context });
  return { draft, host: new URL(context.config.publicUrl).host };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const viewer = await requireViewer({ request, context });
  const form = await readForm(request, newSpaceForm);
  if (!form.ok) return refuse(form);
  const { name, description } = form.value;
  const slug = form.value.slug || (await suggestSlug(context.db, name));
  if (!slug)
    return refuse(
      problem("slug", "The name gives no address. Type one, with letters from a to z.", form.typed),
    );
  const started = await startSpace(context.db, { userId: viewer.userId, name, slug, description });
  if (!started.ok) return refuse(problem("slug", slugWords(started), form.typed));
  return redirect(`/account/space?space=${started.slug}`);
}

function slugWords({ reason, slug, free }: SlugRefusal): string {
  const why = reason === "reserved" ? `Frontrow uses “${slug}” itself.` : `The address “${slug}” is taken.`;
  return free ? `${why} “${free}” is free.` : `${why} Choose another.`;
}

export default function NewSpace() {
  const { draft, host } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const typed = refused?.typed ?? draft;
  // The address follows the name until somebody types an address of their own.
  const own = useRef(Boolean(typedText(typed, "slug")));
  const suggest = ({ currentTarget: name }: FormEvent<HTMLInputElement>) => {
    const address = name.form?.elements.namedItem("slug");
    if (!own.current && address instanceof HTMLInputElement) address.value = toSlug(name.value);
  };
  return (
    <Narrow>
      <PageHeader
        title="Start a space"
        lead="Your public home: people find your streams there, and the passes that open them."
      />
      <Form method="post" className="form" noValidate>
        <FormError problems={listProblems(refused?.problems)} />
        <TextField
          label="Name"
          name="name"
          hint="What your audience calls you."
          error={refused?.problems.name}
          defaultValue={typedText(typed, "name")}
          onInput={suggest}
          autoComplete="organization"
          required
          maxLength={80}
        />
        <TextField
          label="Address"
          name="slug"
          hint={`What comes after ${host}/: small letters, digits and hyphens. Leave it empty and we make it from the name.`}
          error={refused?.problems.slug}
          defaultValue={typedText(typed, "slug")}
          onInput={(event) => (own.current = event.currentTarget.value !== "")}
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          dir="ltr"
        />
        <TextArea
          label="Description"
          name="description"
          hint="A few sentences. You can leave it empty, and write it later."
          error={refused?.problems.description}
          defaultValue={typedText(typed, "description")}
        />
        <SubmitButton kind="go" pending="Starting it…">
          Start the space
        </SubmitButton>
      </Form>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary };
