import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { Form, Link, useActionData, useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink, SubmitButton } from "#app/components/button.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { toParagraphs } from "#app/components/paragraphs.ts";
import { atExpiryWords, PassLength, priceWords } from "#app/components/pass-ticket.tsx";
import { SafeText } from "#app/components/safe-text.tsx";
import { Ticket, TicketTitle } from "#app/components/ticket.tsx";
import { When } from "#app/components/when.tsx";
import { type ClaimRefusal, claimPass } from "#app/domain/grants/grants.ts";
import { findPassPage } from "#app/domain/spaces/public.ts";
import { absent } from "#app/http/absent.ts";
import { movedOrAbsent } from "#app/http/moved.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { problem, refuse } from "#app/http/forms.ts";
import { localPath } from "#app/http/return-to.ts";
import { requireViewer } from "#app/http/viewer.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) => pageTitle(data?.pass.name, error);

export async function loader(args: LoaderFunctionArgs) {
  const { params, request, context } = args;
  const viewer = await context.viewer();
  const { space = "", pass: address = "" } = params;
  const pass = await findPassPage(context.db, { space, pass: address, userId: viewer?.userId ?? null });
  if (!pass) throw await movedOrAbsent(args, "There is no such pass.");
  if (pass.spaceRetired) throw absent("The space of this pass has closed.", 410);
  const stream = streamOf(request, pass.spaceSlug);
  const path = `/${pass.spaceSlug}/passes/${pass.slug}`;
  const { id: _, spaceId: __, description, grantStartsAt, grantEndsAt, termUntil, ...rest } = pass;
  return {
    pass: {
      ...rest,
      description: toParagraphs(description),
      termUntil: termUntil?.toISOString() ?? null,
      path: stream ? `${path}?to=${encodeURIComponent(stream)}` : path,
    },
    stream,
    held: {
      startsAt: grantStartsAt?.toISOString() ?? null,
      endsAt: grantEndsAt?.toISOString() ?? null,
      email: viewer?.email ?? null,
    },
    zone: readTimeZone(request, viewer?.timeZone),
  };
}

export async function action({ params, request, context }: ActionFunctionArgs) {
  const { space = "", pass: address = "" } = params;
  const stream = streamOf(request, space);
  const path = `/${space}/passes/${address}`;
  const back = stream ? `${path}?to=${encodeURIComponent(stream)}` : path;
  const viewer = await requireViewer({ request, context }, { back });
  const pass = await findPassPage(context.db, { space, pass: address, userId: viewer.userId });
  if (!pass) throw absent("There is no such pass.");
  const claimed = await claimPass(context.db, { userId: viewer.userId, passId: pass.id });
  if (claimed.ok) return redirect(stream ?? path, 303);
  if (claimed.reason === "gone") throw absent("The space of this pass has closed.", 410);
  return refuse(problem("", refusalWords[claimed.reason], {}), 409);
}

/** The page of a stream of this space that somebody came from, to get in. */
function streamOf(request: Request, space: string): string | undefined {
  const to = localPath(new URL(request.url).searchParams.get("to"));
  const [, inSpace, , streams, stream, more] = to?.split("/") ?? [];
  return inSpace === space && streams === "streams" && stream && more === undefined ? to : undefined;
}

const refusalWords: Record<Exclude<ClaimRefusal["reason"], "gone">, string> = {
  retired: "This pass is no longer given.",
  over: "This pass has reached its last day, and is no longer given.",
  not_free: "This pass is not free, and cannot be bought here yet. Ask the space.",
  taken_back: "This pass was taken back from you. Only the space can give it to you again.",
  banned: "The team of this space has shut you out, so you cannot get its passes.",
};

export default function PassPage() {
  const { pass, held, zone } = useLoaderData<typeof loader>();
  const said = useActionData<typeof action>()?.problems[""]?.[0];
  const holds = pass.grantStatus === "active";
  const offered = !pass.retired && !pass.over && pass.priceMinor === 0;
  return (
    <Narrow>
      <PageHeader
        title={pass.name}
        above={<Breadcrumbs items={[{ to: `/${pass.spaceSlug}`, label: pass.spaceName }]} />}
      />
      <FormError>{said}</FormError>
      <Ticket spent={!holds && !offered} stub={<Stub />}>
        {holds ? (
          <>
            {held.email && (
              <p className="small">
                <Bidi>{held.email}</Bidi>
              </p>
            )}
            <TicketTitle level={2}>{pass.grantStarted ? "Yours" : "Yours soon"}</TicketTitle>
            <p>
              {!pass.grantStarted && held.startsAt && (
                <>
                  From <When at={held.startsAt} zone={zone} streamZone={pass.termTimeZone} />.{" "}
                </>
              )}
              {held.endsAt ? (
                <>
                  You hold this until <When at={held.endsAt} zone={zone} streamZone={pass.termTimeZone} />.
                </>
              ) : (
                "You hold this without an end."
              )}
            </p>
          </>
        ) : (
          <>
            <TicketTitle level={2}>{priceWords(pass)}</TicketTitle>
            <p>
              <PassLength pass={pass} zone={zone} />
            </p>
          </>
        )}
        {(pass.term !== "open" || held.endsAt) && <p className="small">{atExpiryWords[pass.atExpiry]}</p>}
      </Ticket>
      <Standing />
      <section className="part">
        <h2>What it opens</h2>
        {pass.experiences.length === 0 ? (
          <p>Nothing at the moment.</p>
        ) : (
          <ul>
            {pass.experiences.map(({ slug, name }) => (
              <li key={slug}>
                <Link to={`/${pass.spaceSlug}/${slug}`}>
                  <Bidi>{name}</Bidi>
                </Link>
                , live and as replay
              </li>
            ))}
          </ul>
        )}
      </section>
      {pass.description.length > 0 && <SafeText paragraphs={pass.description} />}
    </Narrow>
  );
}

/** Behind the perforation: the one thing to do. */
function Stub() {
  const { pass, held, stream } = useLoaderData<typeof loader>();
  if (pass.grantStatus === "active")
    return (
      <ButtonLink kind="go" to={stream ?? "/account/experiences"}>
        {stream ? "To the stream" : "See what you can watch"}
      </ButtonLink>
    );
  if (pass.retired || pass.over) return <span className="small">No longer given</span>;
  if (pass.priceMinor > 0) return <span className="small">Ask the space for it</span>;
  if (!held.email)
    return (
      <ButtonLink kind="go" to={`/sign-in?to=${encodeURIComponent(pass.path)}`}>
        Sign in to get it
      </ButtonLink>
    );
  if (pass.banned || pass.grantStatus === "cancelled" || pass.grantStatus === "refunded")
    return <span className="small">Not for you</span>;
  return (
    <Form method="post">
      <SubmitButton kind="go" pending="Getting it…">
        {pass.grantStatus === "expired" ? "Get it again" : "Get it, free"}
      </SubmitButton>
    </Form>
  );
}

/** Where the reader stands, when that needs a word. */
function Standing() {
  const { pass, held, zone } = useLoaderData<typeof loader>();
  return (
    <>
      {pass.retired && (
        <Notice title="This pass is no longer given">
          {pass.grantStatus === "active"
            ? "What you hold stays yours to its end."
            : "Who holds it keeps it to its end. See the space for what it offers now."}
        </Notice>
      )}
      {!pass.retired && pass.over && pass.grantStatus !== "active" && (
        <Notice title="This pass has reached its last day">See the space for what it offers now.</Notice>
      )}
      {pass.banned && <Notice>The team of this space has shut you out. A pass does not change that.</Notice>}
      {!pass.banned && pass.grantStatus === "expired" && (
        <Notice title="Yours has run out">
          {held.endsAt && (
            <p>
              It ended <When at={held.endsAt} zone={zone} streamZone={pass.termTimeZone} />.
            </p>
          )}
        </Notice>
      )}
      {pass.grantStatus === "cancelled" && (
        <Notice title="Yours was taken back">Only the space can give it to you again.</Notice>
      )}
      {pass.grantStatus === "refunded" && (
        <Notice title="Yours was paid back">Only the space can give it to you again.</Notice>
      )}
      {pass.teamRole && (
        <Notice>You are on the team of this space: you need no pass to be in its streams.</Notice>
      )}
    </>
  );
}

export { FailureBoundary as ErrorBoundary };
