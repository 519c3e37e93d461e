import { Bidi } from "./bidi.tsx";
import { formatBytes } from "./bytes.ts";
import { Table } from "./table.tsx";
import { When } from "./when.tsx";

type SpaceRecordingsProps = {
  recordings: {
    streamId: string;
    title: string;
    bytes: number;
    /** When the rule of the space deletes it, ISO; null: it does not. */
    endsAt: string | null;
    /** It was deleted, and can be restored until then, ISO. */
    restorableUntil: string | null;
  }[];
  zone: string | null;
};

/** What takes the storage of a space, with what goes next in front. */
export function SpaceRecordings({ recordings, zone }: SpaceRecordingsProps) {
  return (
    <Table caption="Recordings of the space">
      <thead>
        <tr>
          <th scope="col">Recording</th>
          <th scope="col">Size</th>
          <th scope="col">Kept</th>
        </tr>
      </thead>
      <tbody>
        {recordings.map(({ streamId, title, bytes, endsAt, restorableUntil }) => (
          <tr key={streamId}>
            <th scope="row">
              <a href={`/account/streams/${streamId}/recording`}>
                <Bidi>{title}</Bidi>
              </a>
            </th>
            <td className="num nowrap">{formatBytes(bytes)}</td>
            <td>
              {restorableUntil ? (
                <>
                  Deleted, can be restored until <When at={restorableUntil} zone={zone} />
                </>
              ) : endsAt ? (
                <>
                  Deleted on <When at={endsAt} zone={zone} size="day" />
                </>
              ) : (
                "Until somebody deletes it"
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
