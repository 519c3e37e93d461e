import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Button, ButtonLink } from "#app/components/button.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { choiceWords } from "#app/domain/mail/kinds.ts";
import { findStoppable, type Stoppable, stopMail } from "#app/domain/mail/unsubscribe.ts";
import { readTyped, typedText } from "#app/http/forms.ts";

export const meta: MetaFunction<typeof loader> = ({ error }) => pageTitle("Stop mail", error);

/** Asks, and changes nothing: programs that look after mailboxes open every address in a letter. */
export async function loader(args: LoaderFunctionArgs) {
  const { email, choice, stopped, all } = await requireStoppable(args);
  return { email, ...choiceWords[choice], stopped, all };
}

/** Stops it: by the page's buttons, or by the mailbox's own, which posts `List-Unsubscribe=One-Click` (RFC 8058). */
export async function action(args: ActionFunctionArgs) {
  const { personId, choice } = await requireStoppable(args);
  const what = typedText(await readTyped(args.request), "what") === "all" ? "all" : choice;
  await stopMail(args.context.db, personId, what);
  const { log, requestId } = args.context;
  log.info({ event: "mail.stopped", requestId, userId: personId, what }, "somebody unsubscribed");
  return { done: what === "all" ? ("all" as const) : ("kind" as const) };
}

async function requireStoppable({ context, params }: LoaderFunctionArgs): Promise<Stoppable> {
  const { db, config } = context;
  const found = await findStoppable(db, config.sessionSecrets, { choice: params.choice, code: params.code });
  if (found) return found;
  throw data(
    {
      message:
        "This address does not stop any mail: a part of it is missing, it is very old, or its account was deleted. Nothing was changed. Signed in, you choose what you get under Account, Mail.",
    },
    { status: 404 },
  );
}

export default function StopMail() {
  const { email, name, about, stopped, all } = useLoaderData<typeof loader>();
  const done = useActionData<typeof action>()?.done;
  return (
    <Narrow>
      <PageHeader
        title={done || all || stopped ? "Stopped" : `Stop ${name}?`}
        lead={
          <p>
            Mail to <Bidi>{email}</Bidi>.
          </p>
        }
      />
      {(done === "all" || all) && (
        <Notice role="status">
          You get no more mail about streams. Codes to sign in, and what concerns your account or your passes,
          still come.
        </Notice>
      )}
      {done !== "all" && !all && stopped && (
        <Notice role="status">You get no more {name}. Other mail still comes.</Notice>
      )}
      {!all && !stopped && !done && <p className="measure">{about}</p>}
      {!all && done !== "all" && (
        <form method="post" className="row">
          {!stopped && (
            <Button kind="go" name="what" value="kind">
              Stop {name}
            </Button>
          )}
          <Button name="what" value="all">
            Stop all mail about streams
          </Button>
        </form>
      )}
      <p className="row">
        <ButtonLink kind="quiet" to="/account/mail">
          Choose what you get
        </ButtonLink>
      </p>
    </Narrow>
  );
}

export { FailureBoundary as ErrorBoundary } from "#app/components/failure.tsx";
