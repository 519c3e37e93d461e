import {
  type ActionFunctionArgs,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from "@remix-run/node";
import { type ShouldRevalidateFunction, Link, useActionData, useLoaderData } from "@remix-run/react";
import { announcedMeta } from "#app/components/announced.tsx";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Narrow } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { toParagraphs } from "#app/components/paragraphs.ts";
import { PassStanding } from "#app/components/pass-standing.tsx";
import { PassStub } from "#app/components/pass-stub.tsx";
import {
  atExpiryWords,
  devicesWords,
  PassLength,
  priceWords,
  seatsLeft,
} from "#app/components/pass-ticket.tsx";
import { SafeText } from "#app/components/safe-text.tsx";
import { Ticket, TicketTitle } from "#app/components/ticket.tsx";
import { When } from "#app/components/when.tsx";
import { type ClaimRefusal, claimPass } from "#app/domain/grants/claims.ts";
import { passStateOf } from "#app/domain/passes/state.ts";
import { announce } from "#app/http/announced.ts";
import { absent } from "#app/http/absent.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { problem, refuse, tooOften } from "#app/http/forms.ts";
import { requirePassOf, requirePassPage, streamOf, withStream } from "#app/http/pass-page.ts";
import { countTurn } from "#app/http/turns.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  announcedMeta(data?.pass.name, data?.announced, error);

/** A refusal, too, means that the page is not as it was: by default only what was done reads it again. */
export const shouldRevalidate: ShouldRevalidateFunction = ({ actionStatus, defaultShouldRevalidate }) =>
  actionStatus !== undefined || defaultShouldRevalidate;

export async function loader(args: LoaderFunctionArgs) {
  const { request, context } = args;
  const viewer = await context.viewer();
  const pass = await requirePassPage(args, viewer?.userId ?? null);
  const stream = streamOf(request, pass.spaceSlug);
  const path = `/${pass.spaceSlug}/passes/${pass.slug}`;
  const iso = (at: Date | null) => at?.toISOString() ?? null;
  const { slug, name, spaceSlug, spaceName, term, termDays, termMonths, termTimeZone, atExpiry, devices } =
    pass;
  const { priceMinor, currency, stock, left, saleBegun, retired, experiences, teamRole } = pass;
  const { grantStatus, grantStarted, grantReason, place, offerLapsed, banned } = pass;
  const { requestStatus, requestWords, requestReason } = pass;
  return {
    state: passStateOf(pass),
    pass: {
      ...{ slug, name, spaceSlug, spaceName, term, termDays, termMonths, termTimeZone, atExpiry, devices },
      ...{ priceMinor, currency, stock, left, saleBegun, retired, experiences },
      description: toParagraphs(pass.description),
      termUntil: iso(pass.termUntil),
      saleStartsAt: iso(pass.saleStartsAt),
      saleEndsAt: iso(pass.saleEndsAt),
    },
    own: {
      ...{ grantStatus, grantStarted, grantReason, place, offerLapsed, teamRole, banned },
      ...{ requestStatus, requestWords, requestReason },
      email: viewer?.email ?? null,
      startsAt: iso(pass.grantStartsAt),
      endsAt: iso(pass.grantEndsAt),
      offerUntil: iso(pass.offerUntil),
      requestedAt: iso(pass.requestedAt),
      decidedAt: iso(pass.decidedAt),
    },
    paths: {
      here: withStream(path, stream),
      wait: withStream(`${path}/wait`, stream),
      request: withStream(`${path}/request`, stream),
      stream: stream ?? null,
    },
    announced: announce(context.config, {
      path,
      title: name,
      description: [
        pass.description,
        `A pass of ${spaceName}: what it opens, for how long, and how to get it.`,
      ],
    }),
    zone: readTimeZone(request, viewer?.timeZone),
  };
}

export async function action(args: ActionFunctionArgs) {
  const { viewer, pass } = await requirePassOf(args);
  const eager = await countTurn("claim.person", viewer.userId);
  if (eager) throw tooOften("You asked for passes too often.", eager.waitSeconds);
  const { db, queue } = args.context;
  const claimed = await claimPass(db, queue, { userId: viewer.userId, passId: pass.id });
  const stream = streamOf(args.request, pass.spaceSlug);
  if (claimed.ok) return redirect(stream ?? `/${pass.spaceSlug}/passes/${pass.slug}`, 303);
  if (claimed.reason === "gone") throw absent("The space of this pass has closed.", 410);
  return refuse(problem("", refusalWords[claimed.reason], {}), 409);
}

const refusalWords: Record<Exclude<ClaimRefusal["reason"], "gone">, string> = {
  retired: "This pass is no longer given.",
  over: "This pass has reached its last day, and is no longer given.",
  not_free: "This pass is not free. Ask the space for it.",
  taken_back: "This pass was taken back from you. Only the space can give it to you again.",
  banned: "The team of this space has shut you out, so you cannot get its passes.",
  off_sale: "The space does not give this pass at the moment.",
  not_yet: "This pass cannot be had yet.",
  sale_over: "This pass can no longer be had: its sale has ended.",
  sold_out:
    "You did not get one: all seats are taken, or kept for who waited. You can join the waiting list.",
};

export default function PassPage() {
  const { pass, own, state, paths, zone } = useLoaderData<typeof loader>();
  const said = useActionData<typeof action>()?.problems[""]?.[0];
  const spent = !["held", "offered", "claim", "ask", "asked", "waiting", "sold_out", "not_yet"].includes(
    state,
  );
  return (
    <Narrow>
      <PageHeader
        title={pass.name}
        above={<Breadcrumbs items={[{ to: `/${pass.spaceSlug}`, label: pass.spaceName }]} />}
      />
      <FormError>{said}</FormError>
      <Ticket spent={spent} stub={<PassStub state={state} own={own} paths={paths} />}>
        {state === "held" ? <Held /> : <Offered />}
        {(pass.term !== "open" || (state === "held" && own.endsAt)) && (
          <p className="small">{atExpiryWords[pass.atExpiry]}</p>
        )}
        <p className="small">{devicesWords(pass.devices)}</p>
      </Ticket>
      <PassStanding pass={pass} own={own} state={state} paths={paths} zone={zone} />
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

/** The ticket of who holds it. */
function Held() {
  const { pass, own, zone } = useLoaderData<typeof loader>();
  return (
    <>
      {own.email && (
        <p className="small">
          <Bidi>{own.email}</Bidi>
        </p>
      )}
      <TicketTitle level={2}>{own.grantStarted ? "Yours" : "Yours soon"}</TicketTitle>
      <p>
        {!own.grantStarted && own.startsAt && (
          <>
            From <When at={own.startsAt} zone={zone} streamZone={pass.termTimeZone} />.{" "}
          </>
        )}
        {own.endsAt ? (
          <>
            You hold this until <When at={own.endsAt} zone={zone} streamZone={pass.termTimeZone} />.
          </>
        ) : (
          "You hold this without an end."
        )}
      </p>
    </>
  );
}

/** What it costs, how long it lasts, and how many are left while it is given. */
function Offered() {
  const { pass, state, zone } = useLoaderData<typeof loader>();
  const given = state === "claim" || state === "ask" || state === "asked" || state === "sold_out";
  return (
    <>
      <TicketTitle level={2}>{priceWords(pass)}</TicketTitle>
      <p>
        <PassLength pass={pass} zone={zone} />
      </p>
      {given && pass.left !== null && (
        <p>{pass.left === 0 ? "No seat left at the moment." : seatsLeft(pass.left)}</p>
      )}
      {given && pass.saleEndsAt && (
        <p className="small">
          To be had until <When at={pass.saleEndsAt} zone={zone} streamZone={pass.termTimeZone} />.
        </p>
      )}
    </>
  );
}

export { FailureBoundary as ErrorBoundary };
