import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { Button } from "#app/components/button.tsx";
import { FormError } from "#app/components/form-error.tsx";
import type { HostAnswer, Recorder } from "./types.ts";

type GoLiveProps = {
  studioPath: string;
  tab: string;
  /** The same for every press of this form. */
  liveKey: string;
  recorder: Recorder;
  /** Something can be seen or heard. */
  ready: boolean;
  rehearsing: boolean;
};

/** The one step to the audience, and the rehearsal before it. What could not be done is said here, and changed nothing. */
export function GoLive({ studioPath, tab, liveKey, recorder, ready, rehearsing }: GoLiveProps) {
  const live = useFetcher<HostAnswer>();
  const rehearsal = useFetcher<HostAnswer>();
  const [records, setRecords] = useState(true);
  const refused = [live, rehearsal].find(({ state, data }) => state === "idle" && data && !data.ok)?.data;
  const going = live.state !== "idle";
  return (
    <section className="part studio-go" aria-label="Going live">
      <FormError>{refused && !refused.ok ? refused.message : undefined}</FormError>
      <label className="studio-record">
        <input type="checkbox" checked={records} onChange={(event) => setRecords(event.target.checked)} />
        <span>
          Record this stream
          <span className="small choice-hint">
            {records ? recorderWords[recorder] : "There will be no replay and no MP4."}
          </span>
        </span>
      </label>
      <div className="row">
        <live.Form method="post" action={`${studioPath}/broadcast`}>
          <input type="hidden" name="tab" value={tab} />
          <input type="hidden" name="live_key" value={liveKey} />
          <input type="hidden" name="record" value={records ? "yes" : "no"} />
          <Button
            kind="live"
            pending={going && "Going live…"}
            aria-disabled={!ready || undefined}
            onClick={stopUnless(ready)}
          >
            {records ? "Go live" : "Go live without recording"}
          </Button>
        </live.Form>
        {!rehearsing && (
          <rehearsal.Form method="post" action={`${studioPath}/rehearsal`}>
            <input type="hidden" name="tab" value={tab} />
            <Button pending={rehearsal.state !== "idle" && "Starting…"}>Start rehearsal</Button>
          </rehearsal.Form>
        )}
      </div>
      <p className="small" role="status">
        {!ready
          ? "To go live, turn on your camera or your microphone, or share a screen. One of them is enough."
          : rehearsing
            ? "Only your team sees and hears you now. Nothing is recorded."
            : "Rehearse first if you like: only your team sees that, and nothing is recorded."}
      </p>
    </section>
  );
}

const stopUnless = (ready: boolean) => (event: { preventDefault(): void }) => {
  if (!ready) event.preventDefault();
};

const recorderWords: Record<Recorder, string> = {
  yes: "A recorder is free.",
  no: "No recorder is free right now. Wait a moment, or take the mark away to go live without a recording.",
  unknown: "Whether a recorder is free cannot be known before; you will see here what it does.",
};
