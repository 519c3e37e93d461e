import type { PageSocket } from "../page-socket.ts";
import type { DevicesAsked, WatchData } from "./watch-data.ts";

/** Until it is read which devices watch instead. */
const justEnded: DevicesAsked = { reason: "ended", most: 1, tried: null, devices: null };

/**
 * What the page asks about devices: what it was loaded with, unless the socket has told otherwise since (`differs`). That a
 * device was not ended says nothing about one that never had a place.
 */
export function askedNow(
  { devices, at }: Pick<WatchData, "devices" | "at">,
  told: PageSocket["device"],
): { asked: DevicesAsked | null; differs: boolean } {
  const differs =
    told !== null &&
    Date.parse(told.at) >= Date.parse(at) &&
    (told.ended ? devices === null : devices?.reason === "ended");
  if (!differs) return { asked: devices, differs };
  return { asked: told.ended ? justEnded : null, differs };
}
