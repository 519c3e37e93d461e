import { formatBytes } from "./bytes.ts";
import { Fact, Facts } from "./facts.tsx";
import { Table } from "./table.tsx";
import { When } from "./when.tsx";

export type ReceiptWords = {
  parts: number;
  bytes: number;
  length: string;
  /** "Picture and sound" */
  holds: string;
  sha256: string;
  /** Where ("4:05") and how long ("12 seconds"). */
  gaps: { at: string; missing: string }[];
  /** What is not yet in storage, and where the first of it is ("4:05"). */
  waiting: { parts: number; bytes: number; at: string } | null;
  /** When nothing was to be seen or heard for long. */
  blanks: string[];
  attempts: {
    number: number;
    status: string;
    reason: string;
    since: string | null;
    until: string | null;
    parts: number;
    bytes: number;
    /** What was left out, what is odd, and what its list said. */
    said: string[];
  }[];
};

type RecordingReceiptProps = { receipt: ReceiptWords; file: string; zone: string | null; streamZone: string };

/** What a recording consists of. */
export function RecordingReceipt({ receipt, file, zone, streamZone }: RecordingReceiptProps) {
  const { parts, bytes, length, holds, sha256, gaps, waiting, blanks, attempts } = receipt;
  return (
    <section className="part" aria-labelledby="receipt">
      <h2 id="receipt">Receipt</h2>
      <p className="measure">
        {waiting ? "What there is of it" : "What is in storage"}, as it was recorded. Each piece was read back
        and checked; cuts change nothing here.
      </p>
      <Facts>
        <Fact label="Recorded">{length}</Fact>
        <Fact label="What it holds">{holds}</Fact>
        <Fact label="Pieces">{parts.toLocaleString("en-GB")}</Fact>
        <Fact label="Size">{formatBytes(bytes)}</Fact>
        {waiting && (
          <Fact
            label="Not yet in storage"
            note="It lies where the recorder wrote it, and is copied as soon as storage takes it."
          >
            {waiting.parts === 1 ? "One piece" : `${waiting.parts.toLocaleString("en-GB")} pieces`} from{" "}
            {waiting.at} on, {formatBytes(waiting.bytes)}
          </Fact>
        )}
        <Fact label="Missing in between">
          {gaps.length === 0 ? "Nothing" : gaps.map(({ at, missing }) => `${missing} at ${at}`).join(", ")}
        </Fact>
        {blanks.length > 0 && <Fact label="Nothing to see or hear">{blanks.join("; ")}</Fact>}
        <Fact
          label="SHA-256"
          note="Of the list of all pieces’ own sums, in order, one a line. They stand in the file."
        >
          <code className="code-word">{sha256}</code>
        </Fact>
      </Facts>
      <Table caption="Recorders">
        <thead>
          <tr>
            <th scope="col">No.</th>
            <th scope="col">How it ended</th>
            <th scope="col">Since</th>
            <th scope="col">Until</th>
            <th scope="col">Pieces</th>
            <th scope="col">Size</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt) => (
            <tr key={attempt.number}>
              <th scope="row">{attempt.number}</th>
              <td>
                {endings[attempt.status] ?? "Under way"}
                {attempt.reason && `: ${attempt.reason}`}
                {attempt.said.map((words) => (
                  <span key={words} className="small line-below">
                    {words}
                  </span>
                ))}
              </td>
              <td>{attempt.since && <When at={attempt.since} zone={zone} streamZone={streamZone} />}</td>
              <td>{attempt.until && <When at={attempt.until} zone={zone} streamZone={streamZone} />}</td>
              <td className="num">{attempt.parts.toLocaleString("en-GB")}</td>
              <td className="num nowrap">{formatBytes(attempt.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p>
        <a href={file} download>
          Download the receipt with every piece (JSON)
        </a>
      </p>
    </section>
  );
}

const endings: Record<string, string> = { complete: "As it should", failed: "Failed", aborted: "Given up" };
