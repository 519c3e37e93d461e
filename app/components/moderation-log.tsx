import { Form, Link } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { Button, ButtonLink } from "./button.tsx";
import { EmptyList } from "./empty-list.tsx";
import { SelectField, TextField } from "./field.tsx";
import { Table } from "./table.tsx";
import { When } from "./when.tsx";

/** Times are ISO. `email` is there for those who may read addresses. */
export type LogPage = {
  asked: { kind: string | null; search: string; days: number | null };
  /** What can be asked for. */
  kinds: { value: string; label: string }[];
  times: { value: string; label: string }[];
  first: boolean;
  older: string | null;
  entries: {
    id: string;
    at: string;
    what: string;
    detail: string;
    actor: LogPerson;
    target: LogPerson | null;
    stream: { id: string; title: string } | null;
    reason: string;
    until: string | null;
    /** The outside agrees with it. */
    done: boolean;
    outcome: string;
  }[];
};

type LogPerson = { name: string; email: string | null };

type LogProps = {
  log: LogPage;
  /** The page's own address, and that of the same log as a file. */
  path: string;
  file: string;
  zone: string | null;
  /** Whether each line says which stream it is about. */
  streams: boolean;
  /** What the address carries besides: the team that it is of. */
  space?: string;
};

/** Who did what to whom, when and why, and what came of it. */
export function ModerationLog({ log, path, file, zone, streams, space }: LogProps) {
  const { entries, asked, first, older } = log;
  const filtered = asked.kind !== null || asked.search !== "" || asked.days !== null;
  const query = new URLSearchParams({
    ...(space && { space }),
    ...(asked.kind && { kind: asked.kind }),
    ...(asked.search && { q: asked.search }),
    ...(asked.days && { days: String(asked.days) }),
  });
  const here = (more: Record<string, string> = {}) =>
    `${path}?${new URLSearchParams({ ...Object.fromEntries(query), ...more })}`;
  return (
    <>
      {(filtered || entries.length > 0 || !first) && (
        <Form method="get" className="form" role="search" aria-label="Filter the log">
          {space && <input type="hidden" name="space" value={space} />}
          <div className="form-line">
            <SelectField label="What" name="kind" defaultValue={asked.kind ?? ""}>
              <option value="">Everything</option>
              {log.kinds.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </SelectField>
            <SelectField label="When" name="days" defaultValue={String(asked.days ?? "")}>
              <option value="">At any time</option>
              {log.times.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </SelectField>
            <TextField label="Who, or to whom" name="q" defaultValue={asked.search} autoComplete="off" />
          </div>
          <div className="row">
            <Button>Show</Button>
          </div>
        </Form>
      )}
      {entries.length === 0 ? (
        <EmptyList
          next={
            (filtered || !first) && (
              <ButtonLink to={space ? `${path}?space=${space}` : path}>Show everything</ButtonLink>
            )
          }
        >
          {filtered || !first
            ? "Nothing in the log is like this."
            : "Nobody has moderated anything yet. Each act stands here, with who did it and why."}
        </EmptyList>
      ) : (
        <>
          <Table caption="Acts of moderation, newest first" hideCaption>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">To whom</th>
                <th scope="col">Why</th>
                <th scope="col">What came of it</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.id}>
                  <td>
                    <When at={entry.at} zone={zone} />
                  </td>
                  <td>
                    <Person person={entry.actor} />
                  </td>
                  <td>
                    {entry.what}
                    <span className="small line-below">{entry.detail}</span>
                    {streams && entry.stream && (
                      <span className="small line-below">
                        <Link to={`/account/streams/${entry.stream.id}/moderation`}>
                          <Bidi>{entry.stream.title}</Bidi>
                        </Link>
                      </span>
                    )}
                  </td>
                  <td>{entry.target && <Person person={entry.target} />}</td>
                  <td>
                    <Bidi>{entry.reason}</Bidi>
                    {entry.until && (
                      <span className="small line-below">
                        until <When at={entry.until} zone={zone} />
                      </span>
                    )}
                  </td>
                  <td>{entry.done ? entry.outcome || "done" : entry.outcome || "on its way"}</td>
                </tr>
              ))}
            </tbody>
          </Table>
          <nav className="row" aria-label="Pages of the log">
            {!first && <Link to={here()}>Newest</Link>}
            {older && (
              <Link to={here({ before: older })} rel="next">
                Older
              </Link>
            )}
            <a href={`${file}?${query}`} download>
              Download as CSV
            </a>
          </nav>
        </>
      )}
    </>
  );
}

function Person({ person: { name, email } }: { person: LogPerson }) {
  return (
    <>
      <Bidi>{name}</Bidi>
      {email && (
        <span className="small line-below">
          <Bidi>{email}</Bidi>
        </span>
      )}
    </>
  );
}
