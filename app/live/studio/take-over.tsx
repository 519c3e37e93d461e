import { useFetcher } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { Button } from "#app/components/button.tsx";
import { FormError } from "#app/components/form-error.tsx";
import { Stage } from "#app/components/stage.tsx";
import type { StudioView } from "./studio-view.ts";
import type { HostAnswer } from "./types.ts";

type TakeOverProps = {
  studioPath: string;
  tab: string | null;
  view: Extract<StudioView, { kind: "elsewhere" | "resume" }>;
};

/** The studio while another tab broadcasts, or none: read-only, until this one is told to. */
export function TakeOver({ studioPath, tab, view }: TakeOverProps) {
  const fetcher = useFetcher<HostAnswer>();
  const refused =
    fetcher.state === "idle" && fetcher.data && !fetcher.data.ok ? fetcher.data.message : undefined;
  const resume = view.kind === "resume";
  return (
    <>
      <FormError>{refused}</FormError>
      <Stage lit>
        {resume ? (
          <>
            <h2>{view.live ? "The stream is still live" : "The rehearsal is still open"}</h2>
            <p>
              {view.live
                ? "Your audience is waiting for you: nothing is sent from here yet. One click and you are back."
                : "Nothing is sent from here yet."}
            </p>
          </>
        ) : (
          <>
            <h2>
              <Elsewhere view={view} />
            </h2>
            <p>
              {view.silent
                ? "That page has not been heard of for some seconds, and the audience sees that the host is reconnecting."
                : "That page goes on until you take over. It is disconnected then, and the stream goes on from here."}
            </p>
          </>
        )}
        {tab !== null && (
          <fetcher.Form method="post" action={`${studioPath}/lease`}>
            <input type="hidden" name="tab" value={tab} />
            <input type="hidden" name="take_over" value="yes" />
            <Button kind="go" pending={fetcher.state !== "idle" && (resume ? "Resuming…" : "Taking over…")}>
              {resume ? "Resume here" : "Take over here"}
            </Button>
          </fetcher.Form>
        )}
      </Stage>
    </>
  );
}

function Elsewhere({ view }: { view: Extract<StudioView, { kind: "elsewhere" }> }) {
  const doing = view.live ? "live" : "rehearsing";
  if (view.yours) return <>{`You are ${doing} in another tab or browser`}</>;
  return (
    <>
      <Bidi>{view.name}</Bidi>
      {` is ${doing} here`}
    </>
  );
}
