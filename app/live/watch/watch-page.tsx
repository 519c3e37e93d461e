import { useEffect } from "react";
import { Auditorium } from "./auditorium.tsx";
import { Announced, Cancelled } from "./before.tsx";
import { LatePlace } from "./late-place.tsx";
import type { Place } from "./place.ts";
import { useWatch, type Watch } from "./use-watch.ts";
import type { WatchData } from "./watch-data.ts";

export type WatchProps = { page: WatchData; watch: Watch };

/** One address for life: what stands here follows from the stream's state, and from who asks. */
export function WatchPage({ page }: { page: WatchData }) {
  const watch = useWatch(page);
  const { place } = watch;
  useLights(place);
  return (
    <>
      <Place page={page} watch={watch} />
      <p className="visually-hidden" role="status" data-watch-place={place}>
        {placeWords[place]}
      </p>
    </>
  );
}

function Place(props: WatchProps) {
  switch (props.watch.place) {
    case "cancelled":
      return <Cancelled {...props} />;
    case "refused":
      return <LatePlace key="refused" name="refused" {...props} />;
    case "announced":
      return <Announced {...props} />;
    case "lobby":
    case "rehearsal":
    case "live":
      return <Auditorium {...props} />;
    case "ended":
      return <LatePlace key="ended" name="ended" {...props} />;
  }
}

const placeWords: Record<Place, string> = {
  cancelled: "This stream was cancelled.",
  refused: "",
  announced: "",
  lobby: "The doors are open.",
  rehearsal: "Rehearsal.",
  live: "The stream is live.",
  ended: "The stream has ended.",
};

/** The lights go down in an open page, too, where no loader told the layout. */
function useLights(place: Place) {
  const dark = place === "live" || place === "rehearsal";
  useEffect(() => {
    if (!dark) return;
    const root = document.documentElement;
    root.dataset.lights = "down";
    return () => {
      delete root.dataset.lights;
    };
  }, [dark]);
}
