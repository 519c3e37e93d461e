import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { CopyLink } from "#app/components/copy-link.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { GrantHolder } from "#app/components/grant-holder.tsx";
import { Fact, Facts } from "#app/components/facts.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Page } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { pageTitle } from "#app/components/page-title.ts";
import { Table } from "#app/components/table.tsx";
import { When } from "#app/components/when.tsx";
import { grantWords } from "#app/domain/grants/words.ts";
import { shownCode } from "#app/domain/pass-links/codes.ts";
import { listTaken } from "#app/domain/pass-links/taken.ts";
import { linkStateWords, usesWords } from "#app/domain/pass-links/words.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { readCursor } from "#app/http/cursor.ts";
import { requireLinkOfTeam } from "#app/http/link-of-team.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) => pageTitle(data?.link.name, error);

const perPage = 50;

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, link, page, query, ids } = await requireLinkOfTeam(args);
  const { config, db } = args.context;
  const before = readCursor(args.request)?.id;
  const taken = await listTaken(db, { ...ids, before, most: perPage + 1 });
  const { name, state, passName, passGiven, madeBy, endsAt, madeAt, revokedAt } = link;
  const code = state === "open" ? shownCode(config.sessionSecrets, link) : undefined;
  return {
    page,
    passId: ids.passId,
    link: {
      ...{ name, state, passName, madeBy },
      words: linkStateWords[state],
      given: passGiven,
      uses: usesWords(link),
      url: code ? `${config.publicUrl}/invites/${code}` : null,
      endsAt: endsAt?.toISOString() ?? null,
      madeAt: madeAt.toISOString(),
      revokedAt: revokedAt?.toISOString() ?? null,
    },
    taken: taken.slice(0, perPage).map(({ id, email, name, takenAt, endsAt, ...grant }) => ({
      ...{ id, email, name },
      words: grantWords(grant),
      takenAt: takenAt.toISOString(),
      endsAt: endsAt?.toISOString() ?? null,
    })),
    older: taken.length > perPage ? taken[perPage - 1]!.id : null,
    first: before === undefined,
    query,
    zone: readTimeZone(args.request, viewer.timeZone),
  };
}

export default function LinkOfPass() {
  const { page, passId, link, query, zone } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title={link.name}
        above={
          <Breadcrumbs
            items={[
              { to: `/account/passes${query}`, label: "Passes" },
              { to: `/account/passes/${passId}`, label: link.passName },
              { to: `/account/passes/${passId}/links`, label: "Invite links" },
            ]}
          />
        }
      />
      {link.url && (
        <div className="measure">
          <CopyLink url={link.url} label="Whoever opens this gets the pass" />
        </div>
      )}
      {link.state === "open" && !link.url && (
        <Notice title="It works, and can no longer be shown">
          The server has other keys than when it was made. Make another link to hand on.
        </Notice>
      )}
      <Facts>
        <Fact label="State" note={link.revokedAt && <When at={link.revokedAt} zone={zone} />}>
          {link.words}
        </Fact>
        <Fact label="Taken">{link.uses}</Fact>
        <Fact label="Ends">{link.endsAt ? <When at={link.endsAt} zone={zone} /> : "Never"}</Fact>
        <Fact label="Made" note={<Bidi>{link.madeBy}</Bidi>}>
          <When at={link.madeAt} zone={zone} />
        </Fact>
      </Facts>
      <div className="row">
        {!link.revokedAt && <ButtonLink to={`${page}/revocation`}>Revoke the link</ButtonLink>}
        {link.given && (
          <ButtonLink kind="quiet" to={`/account/passes/${passId}/links`}>
            Make another link
          </ButtonLink>
        )}
      </div>
      <Taken />
    </Page>
  );
}

function Taken() {
  const { page, passId, taken, older, first, zone } = useLoaderData<typeof loader>();
  return (
    <section className="part">
      <h2>Who took the pass by it</h2>
      {taken.length === 0 ? (
        <EmptyList>People stand here as soon as they take the pass by this link.</EmptyList>
      ) : (
        <Table caption="People who took the pass by this link" hideCaption>
          <thead>
            <tr>
              <th scope="col">Person</th>
              <th scope="col">Status</th>
              <th scope="col">Taken</th>
              <th scope="col">Until</th>
            </tr>
          </thead>
          <tbody>
            {taken.map((grant) => (
              <tr key={grant.id}>
                <GrantHolder {...grant} passId={passId} />
                <td className="nowrap">{grant.words}</td>
                <td className="nowrap">
                  <When at={grant.takenAt} zone={zone} size="day" />
                </td>
                <td className="nowrap">
                  {grant.endsAt ? <When at={grant.endsAt} zone={zone} size="day" /> : "No end"}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {(older || !first) && (
        <nav className="row" aria-label="Pages of people">
          {!first && <ButtonLink to={page}>Back to the newest</ButtonLink>}
          {older && <ButtonLink to={`?after=${older}`}>Older</ButtonLink>}
        </nav>
      )}
    </section>
  );
}

export { FailureBoundary as ErrorBoundary };
