import { Bidi } from "./bidi.tsx";
import { Fact, Facts } from "./facts.tsx";
import { When } from "./when.tsx";

type RecordingFactsProps = {
  /** How long it was recorded ("1:02:03"). */
  length: string;
  /** The cut that plays: when it was made, by whom, and how long it is. */
  edited: { at: string; by: string; length: string } | false | null | undefined;
  hidden: { at: string; by: string | null } | null;
  /** When the rule of its space deletes it, ISO; null: it does not. */
  endsAt: string | null;
  /** Somebody kept it, or restored it after the rule had deleted it. */
  kept: boolean;
  /** Its public page. */
  watchPath: string;
  zone: string | null;
  streamZone: string;
};

/** What plays of a recording, and for whom. */
export function RecordingFacts(props: RecordingFactsProps) {
  const { length, edited, hidden, endsAt, kept, watchPath, zone, streamZone } = props;
  return (
    <Facts>
      <Fact label="Plays for">{edited ? edited.length : length}</Fact>
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
      <Fact
        label="Kept"
        note={
          endsAt
            ? "By the rule of your space. Who hosts can keep it, or download it before."
            : kept
              ? "Somebody kept it, or restored it after the rule of your space had deleted it; the rule is not for it any more."
              : undefined
        }
      >
        {endsAt ? (
          <>
            Until <When at={endsAt} zone={zone} streamZone={streamZone} />
          </>
        ) : (
          "Until somebody deletes it"
        )}
      </Fact>
      <Fact label="Its page">
        <a href={watchPath}>See it as viewers do</a>
      </Fact>
    </Facts>
  );
}
