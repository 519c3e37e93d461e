import { Bidi } from "./bidi.tsx";
import { Fact, Facts } from "./facts.tsx";
import { When } from "./when.tsx";

type RecordingFactsProps = {
  /** How long it was recorded ("1:02:03"). */
  length: string;
  /** The cut that plays: when it was made, by whom, and how long it is. */
  edited: { at: string; by: string; length: string } | null | undefined;
  hidden: { at: string; by: string | null } | null;
  /** Its public page. */
  watchPath: string;
  zone: string | null;
  streamZone: string;
};

/** What plays of a recording, and for whom. */
export function RecordingFacts({ length, edited, hidden, watchPath, zone, streamZone }: RecordingFactsProps) {
  return (
    <Facts>
      <Fact label="Plays for">{edited?.length ?? length}</Fact>
      {edited && (
        <Fact label="Cut" note={`It was recorded for ${length}.`}>
          <When at={edited.at} zone={zone} streamZone={streamZone} /> by <Bidi>{edited.by}</Bidi>
        </Fact>
      )}
      <Fact label="Who can see it">
        {hidden ? "Your team" : "Everybody with a pass for it"}
        {hidden?.by && (
          <span className="small line-below">
            Hidden by <Bidi>{hidden.by}</Bidi>, <When at={hidden.at} zone={zone} streamZone={streamZone} />
          </span>
        )}
      </Fact>
      <Fact label="Its page">
        <a href={watchPath}>See it as viewers do</a>
      </Fact>
    </Facts>
  );
}
