import { Fact, Facts } from "./facts.tsx";

type Counts = { wanted: number; added: number; held: number; repeated: number; refused: number };

const shown = (many: number) => many.toLocaleString("en-GB");

/** How many lines of a list are what. */
export function ImportNumbers({
  counts,
  status,
}: {
  counts: Counts;
  status: "ready" | "importing" | "done";
}) {
  return (
    <Facts>
      {status !== "ready" && (
        <Fact label="Added" good={status === "done"}>
          {shown(counts.added)}
        </Fact>
      )}
      {status !== "done" && (
        <Fact label={status === "ready" ? "Get the pass" : "Still to add"}>{shown(counts.wanted)}</Fact>
      )}
      <Fact label="Hold it already">{shown(counts.held)}</Fact>
      <Fact label="Stand in an earlier line, too">{shown(counts.repeated)}</Fact>
      <Fact label={status === "ready" ? "With a problem" : "Left out"}>{shown(counts.refused)}</Fact>
    </Facts>
  );
}

/** How far it is, while people are being added. */
export function ImportProgress({ counts }: { counts: Counts }) {
  const all = counts.added + counts.wanted;
  return (
    <div className="stack" data-gap="small">
      <label htmlFor="progress">
        Adding people: {shown(counts.added)} of {shown(all)}
      </label>
      <progress id="progress" className="progress" value={counts.added} max={Math.max(1, all)} />
      <p className="small">It goes on when you leave this page.</p>
    </div>
  );
}
