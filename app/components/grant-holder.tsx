import { Link } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";

type GrantHolderProps = {
  id: string;
  passId: string;
  email: string;
  name: string;
  /** Mail to them came back. */
  noMailbox?: boolean;
};

/** The head of a grant's row: whose it is, and the way to its page. */
export function GrantHolder({ id, passId, email, name, noMailbox }: GrantHolderProps) {
  return (
    <th scope="row">
      <Link to={`/account/passes/${passId}/grants/${id}`}>
        <Bidi>{email}</Bidi>
      </Link>
      {name && (
        <span className="small line-below">
          <Bidi>{name}</Bidi>
        </span>
      )}
      {noMailbox && <span className="small line-below">Mail to this address comes back</span>}
    </th>
  );
}
