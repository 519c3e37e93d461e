import { Link } from "@remix-run/react";
import { Bidi } from "./bidi.tsx";
import { Pager } from "./pager.tsx";
import { Table } from "./table.tsx";
import { When, ZoneNote } from "./when.tsx";

type Kind = "refused" | "people" | "held" | "repeated";
type Line = { number: number; email: string; ends: string; endsAt: string | null; words: string };

type ImportLinesProps = {
  lines: Line[];
  counts: { wanted: number; added: number; held: number; repeated: number; refused: number };
  kind: Kind;
  number: number;
  pages: number;
  /** The page's own. */
  path: string;
  zone: string | null;
};

const titles: Record<Kind, string> = {
  refused: "Lines with a problem",
  people: "Who gets the pass",
  held: "Who holds it already",
  repeated: "Lines that stand there twice",
};

/** Lines of a list of one kind, each with its number in the file and a sentence beside it. */
export function ImportLines({ lines, counts, kind, number, pages, path, zone }: ImportLinesProps) {
  const many = { ...counts, people: counts.wanted + counts.added };
  const others = (Object.keys(titles) as Kind[]).filter((one) => one !== kind && many[one] > 0);
  return (
    <section className="part">
      <h2>{titles[kind]}</h2>
      {others.length > 0 && (
        <nav className="row" aria-label="Other lines of this file">
          {others.map((one) => (
            <Link key={one} to={`${path}?lines=${one}`}>
              {titles[one]} ({many[one].toLocaleString("en-GB")})
            </Link>
          ))}
        </nav>
      )}
      {lines.length === 0 ? (
        <p>No line is one of these.</p>
      ) : (
        <>
          <Table caption={titles[kind]} hideCaption>
            <thead>
              <tr>
                <th scope="col" className="end">
                  Line
                </th>
                <th scope="col">Address</th>
                <th scope="col">Until</th>
                <th scope="col">What it is</th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <tr key={line.number}>
                  <td className="end">{line.number}</td>
                  <th scope="row" className="words">
                    {line.email.trim() ? <Bidi>{line.email}</Bidi> : <span className="small">Nothing</span>}
                  </th>
                  <td className="nowrap">
                    <Until line={line} zone={zone} />
                  </td>
                  <td className="words">{line.words}</td>
                </tr>
              ))}
            </tbody>
          </Table>
          <ZoneNote zone={zone} />
        </>
      )}
      <Pager
        page={number}
        pages={pages}
        to={(page) => `${path}?lines=${kind}&page=${page}`}
        label="Pages of these lines"
      />
    </section>
  );
}

function Until({ line: { ends, endsAt }, zone }: { line: Line; zone: string | null }) {
  if (!endsAt) return ends.trim() ? <Bidi>{ends}</Bidi> : "As the pass says";
  return (
    <>
      <When at={endsAt} zone={zone} size="day" />, <When at={endsAt} zone={zone} size="time" />
    </>
  );
}
