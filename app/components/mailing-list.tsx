import { Table } from "./table.tsx";
import { When } from "./when.tsx";

type Mailing = {
  id: string;
  what: string;
  /** ISO. */
  dueAt: string;
  outdated: boolean;
  spread: boolean;
  due: number;
  retried: number;
  sent: number;
  bounced: number;
  skipped: { people: number; why: string }[];
  toCome: number;
};

const shown = (many: number) => many.toLocaleString("en-GB");

/** Mailings of a stream: when each is due, how far it is, and why somebody did not get it. */
export function MailingList({ mailings, zone }: { mailings: Mailing[]; zone: string | null }) {
  return (
    <Table caption="Mail about this stream" hideCaption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Due</th>
          <th scope="col">To send</th>
          <th scope="col">Sent</th>
          <th scope="col">Came back</th>
          <th scope="col">Left out, and why</th>
        </tr>
      </thead>
      <tbody>
        {mailings.map((mailing) => (
          <tr key={mailing.id}>
            <th scope="row">
              {mailing.what}
              {mailing.outdated && <span className="small"> (of the time before)</span>}
              <HowFar mailing={mailing} />
            </th>
            <td className="nowrap">
              <When at={mailing.dueAt} zone={zone} />
            </td>
            <td className="num">{shown(mailing.due + mailing.toCome)}</td>
            <td className="num">{shown(mailing.sent)}</td>
            <td className="num">{shown(mailing.bounced)}</td>
            <td>
              {mailing.skipped.length === 0 ? (
                "nobody"
              ) : (
                <ul className="small" aria-label="Why">
                  {mailing.skipped.map(({ people, why }) => (
                    <li key={why}>
                      <span className="num">{shown(people)}</span>: {why}
                    </li>
                  ))}
                </ul>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** While it goes out. */
function HowFar({ mailing }: { mailing: Mailing }) {
  const { id, due, retried, toCome, sent, bounced, skipped } = mailing;
  const done = sent + bounced + skipped.reduce((sum, { people }) => sum + people, 0);
  if (due === 0) return null;
  const all = done + due + toCome;
  return (
    <span className="stack" data-gap="small">
      <label className="small" htmlFor={`mail-${id}`}>
        {shown(done)} of {shown(all)}
        {retried > 0 && `; ${shown(retried)} wait for the mail server`}
      </label>
      <progress id={`mail-${id}`} className="progress" value={done} max={all} />
    </span>
  );
}
