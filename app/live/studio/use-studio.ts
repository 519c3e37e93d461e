import { useEffect, useState } from "react";
import { usePageSocket } from "../page-socket.ts";
import { useReadAgain } from "../read-again.ts";
import { claimTab } from "../tab.ts";
import type { StudioState, StudioViewers } from "./types.ts";

type Loaded = { streamId: string; state: StudioState; viewers: StudioViewers; now: string };

/** What the page was made with, and what its socket has said since: whichever is newer by the database's clock. */
export function useStudio({ streamId, state: loaded, viewers, now }: Loaded) {
  const heard = usePageSocket({ streamId, page: "studio" });
  const tab = useTab(heard.connection);
  const newer = heard.state && heard.at && Date.parse(heard.at) >= Date.parse(now) ? heard.state : undefined;
  useReloading(newer?.status, loaded.status);
  return {
    tab,
    state: newer ?? loaded,
    viewers: heard.viewers ?? viewers,
    connection: heard.connection,
    onChat: heard.onChat,
  };
}

/** A tab that turns out to be another's copy gets a new name with its next connection. */
function useTab(connection: string): string | null {
  const [tab, setTab] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    void claimTab().then((name) => gone || setTab(name));
    return () => {
      gone = true;
    };
  }, [connection]);
  return tab;
}

/** What else stands on the page (its links, its clock, whether a recorder is free) belongs to the stream's status. */
function useReloading(heard: string | undefined, loaded: string) {
  const readAgain = useReadAgain();
  useEffect(() => {
    if (heard !== undefined && heard !== loaded) readAgain(0);
    // Only what is heard asks for it: a page that stays behind must not ask for ever.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [heard]);
}
