import { Form } from "@remix-run/react";
import type { ReactNode } from "react";
import { Bidi } from "./bidi.tsx";
import { Breadcrumbs } from "./breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "./button.tsx";
import { TextField } from "./field.tsx";
import { FormError } from "./form-error.tsx";
import { Narrow } from "./layouts.tsx";
import { PageHeader } from "./page-header.tsx";

type GrantActProps = {
  title: string;
  /** Where the grant stands. */
  page: string;
  passName: string;
  email: string;
  /** What will happen. */
  children: ReactNode;
  /** Above the reason. */
  fields?: ReactNode;
  reason: { hint: string; typed: string | undefined; needed?: boolean };
  problems: Record<string, string[]> | undefined;
  submit: { label: string; pending: string };
};

/** The page of one change of a grant: what it does, and the form that does it. */
export function GrantAct(props: GrantActProps) {
  const { title, page, passName, email, children, fields, reason, problems = {}, submit } = props;
  const said = Object.entries(problems).flatMap(([name, sentences]) =>
    name === "" ? [] : sentences.slice(0, 1).map((message) => ({ name, message })),
  );
  return (
    <Narrow>
      <PageHeader
        title={title}
        above={<Breadcrumbs items={[{ to: page, label: `${passName}, ${email}` }]} />}
        lead={
          <p>
            <Bidi>{passName}</Bidi>, held by <Bidi>{email}</Bidi>
          </p>
        }
      />
      <div className="stack measure">{children}</div>
      <Form method="post" className="form" noValidate>
        <FormError problems={said}>{problems[""]?.[0]}</FormError>
        {fields}
        <TextField
          label={reason.needed ? "Reason" : "Reason, if you like"}
          name="reason"
          hint={reason.hint}
          error={problems.reason}
          defaultValue={reason.typed}
          autoComplete="off"
          required={reason.needed}
        />
        <div className="row">
          <SubmitButton pending={submit.pending}>{submit.label}</SubmitButton>
          <ButtonLink kind="quiet" to={page}>
            Keep it as it is
          </ButtonLink>
        </div>
      </Form>
    </Narrow>
  );
}
