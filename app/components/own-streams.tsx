import { Bidi } from "./bidi.tsx";
import { Choice } from "./choice.tsx";
import { When } from "./when.tsx";

export type OwnStreamWords = { id: string; title: string; startsAt: string; timeZone: string };

type OwnStreamsProps = {
  streams: OwnStreamWords[];
  zone: string | null;
  /** Whether the box was ticked. */
  defaultValue: string | undefined;
};

/** The streams of a series that were moved or changed by themselves: they stay what they are unless somebody says so. */
export function OwnStreams({ streams, zone, defaultValue }: OwnStreamsProps) {
  if (streams.length === 0) return null;
  return (
    <Choice
      name="own"
      label={
        streams.length === 1 ? "One was changed by itself" : `${streams.length} were changed by themselves`
      }
      hint={
        <>
          {streams.map(({ id, title, startsAt, timeZone }) => (
            <span key={id} className="own-stream">
              <Bidi>{title}</Bidi>, <When at={startsAt} zone={zone} streamZone={timeZone} />
            </span>
          ))}
        </>
      }
      several
      defaultValue={defaultValue}
      options={[
        {
          value: "change",
          label: streams.length === 1 ? "Change it as well" : "Change them as well",
          hint: "Otherwise what was changed by itself stays as it is.",
        },
      ]}
    />
  );
}
