import { Notice } from "#app/components/notice.tsx";
import { When } from "#app/components/when.tsx";
import type { WatchProps } from "../watch-page.tsx";

/** Above a page that is open: the start is another one than it showed before. */
export function StartMoved({ page: { zone, streamZone }, watch: { movedFrom, state } }: WatchProps) {
  return movedFrom ? (
    <MovedWords {...{ zone, streamZone }} from={movedFrom} startsAt={state.startsAt} />
  ) : null;
}

type MovedWordsProps = {
  /** ISO: the start that was shown, and the one now. */
  from: string;
  startsAt: string;
  zone: string | null;
  streamZone: string;
};

export function MovedWords({ from, startsAt, zone, streamZone }: MovedWordsProps) {
  return (
    <Notice role="status" title="The start was moved">
      <p>
        It now starts <When at={startsAt} zone={zone} streamZone={streamZone} />. This page said{" "}
        <When at={from} zone={zone} streamZone={streamZone} /> before.
      </p>
    </Notice>
  );
}
