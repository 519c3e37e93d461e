import type { ComponentType } from "react";
import { Page } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { useModule } from "../use-module.ts";
import { latePlaceKey } from "./late-place-key.ts";
import { Whose } from "./pieces.tsx";
import type { WatchProps } from "./watch-page.tsx";

type Part = { Part: ComponentType<WatchProps> };
export type LatePlaceName = "ended" | "refused";

/** Nearly half of the page's code, which nobody needs who waits for a stream. */
export const latePlaces: Record<LatePlaceName, () => Promise<Part>> = {
  ended: () => import("./ended.tsx").then(({ Ended: Part }) => keep("ended", { Part })),
  refused: () => import("./refused.tsx").then(({ Refused: Part }) => keep("refused", { Part })),
};

/** Those that are here: on the server all of them. */
const here: Partial<Record<LatePlaceName, Part>> = {};
export const keep = (name: LatePlaceName, part: Part) => (here[name] = part);

/** What stands on the page after the end, or for who may not watch. */
export function LatePlace({ name, ...props }: WatchProps & { name: LatePlaceName }) {
  const part = useModule(latePlaces[name], { here: here[name] });
  if (part) return <part.Part {...props} />;
  return (
    <Page>
      <PageHeader title={props.watch.state.title} above={<Whose page={props.page} />} />
    </Page>
  );
}

// A document that shows one of them does not come to life without it.
if (typeof document !== "undefined") {
  const place = document.querySelector<HTMLElement>("[data-watch-place]")?.dataset.watchPlace;
  if (place && place in latePlaces)
    Object.assign(window, { [latePlaceKey]: latePlaces[place as LatePlaceName]() });
}
