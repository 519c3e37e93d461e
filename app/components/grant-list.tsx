import { Link } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { ButtonLink } from "./button.tsx";
import { EmptyList } from "./empty-list.tsx";
import { GrantHolder } from "./grant-holder.tsx";
import { type GrantListForm, GrantSearch } from "./grant-search.tsx";
import { Notice } from "./notice.tsx";
import { Table } from "./table.tsx";
import { When } from "./when.tsx";

type Grant = {
  id: string;
  passId: string;
  passName: string;
  email: string;
  name: string;
  words: string;
  how: string;
  /** ISO. */
  startsAt: string;
  endsAt: string | null;
  givenBy: string | null;
  linkName: string | null;
  noMailbox: boolean;
};

type GrantListProps = {
  list: GrantListForm & {
    grants: Grant[];
    /** Where the next page begins. */
    next: string | null;
    /** Whether this is the first page. */
    first: boolean;
    /** How many were looked through for a name that is too short, or that many have. */
    lookedThrough: number | null;
    /** How many there are, in words. */
    many: string | null;
  };
  zone: string | null;
  /** What will stand here. */
  empty: string;
  /** Of which pass each is, where they are of several. */
  ofSeveral?: boolean;
};

/** Grants for a creator: searched, narrowed, a page at a time. */
export function GrantList({ list, zone, empty, ofSeveral }: GrantListProps) {
  const { grants, next, first, narrowed, lookedThrough, problems, many } = list;
  const few = first && !next && grants.length <= 20;
  return (
    <>
      {(narrowed || !few) && <GrantSearch list={list} />}
      {lookedThrough !== null && (
        <Notice title="Not everybody was looked through">
          These are the ones among the next {lookedThrough.toLocaleString("en-GB")}. Go on with “Next page”,
          or type more of the name or address.
        </Notice>
      )}
      {grants.length > 0 && <Grants grants={grants} zone={zone} ofSeveral={ofSeveral} />}
      {grants.length === 0 && !problems && lookedThrough === null && (
        <EmptyList
          next={(narrowed || !first) && <ButtonLink to={addressOf(list, {})}>Show everybody</ButtonLink>}
        >
          {narrowed || !first ? "Nobody fits what you look for." : empty}
        </EmptyList>
      )}
      {(!first || next || many) && (
        <nav className="row" aria-label="Pages of people">
          {!first && <ButtonLink to={addressOf(list, list.typed)}>First page</ButtonLink>}
          {next && <ButtonLink to={addressOf(list, { ...list.typed, after: next })}>Next page</ButtonLink>}
          {many && grants.length > 0 && <span className="small num">{many}</span>}
        </nav>
      )}
    </>
  );
}

/** The address of this page with another question. */
function addressOf({ kept }: GrantListForm, asked: Record<string, string>): string {
  const query = new URLSearchParams(kept);
  for (const [name, value] of Object.entries(asked)) if (value !== "") query.set(name, value);
  return query.size > 0 ? `?${query}` : ".";
}

/** The link by which they took it, or who gave it. */
function By({ linkName, givenBy }: Pick<Grant, "linkName" | "givenBy">) {
  const by = linkName ?? givenBy;
  if (by === null) return null;
  return (
    <span className="small">
      {linkName === null ? " by " : ": "}
      <Bidi>{by}</Bidi>
    </span>
  );
}

function Grants({
  grants,
  zone,
  ofSeveral,
}: Pick<GrantListProps, "zone" | "ofSeveral"> & { grants: Grant[] }) {
  return (
    <Table caption="People with passes" hideCaption>
      <thead>
        <tr>
          <th scope="col">Person</th>
          {ofSeveral && <th scope="col">Pass</th>}
          <th scope="col">Status</th>
          <th scope="col">From</th>
          <th scope="col">Until</th>
          <th scope="col">How</th>
        </tr>
      </thead>
      <tbody>
        {grants.map((grant) => (
          <tr key={grant.id}>
            <GrantHolder {...grant} />
            {ofSeveral && (
              <td>
                <Link to={`/account/passes/${grant.passId}`}>
                  <Bidi>{grant.passName}</Bidi>
                </Link>
              </td>
            )}
            <td className="nowrap">{grant.words}</td>
            <td className="nowrap">
              <When at={grant.startsAt} zone={zone} size="day" />
            </td>
            <td className="nowrap">
              {grant.endsAt ? <When at={grant.endsAt} zone={zone} size="day" /> : "No end"}
            </td>
            <td>
              {grant.how}
              <By {...grant} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
