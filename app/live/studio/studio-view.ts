import type { StudioState } from "./types.ts";

/** Which studio a page shows. */
export type StudioView =
  /** The page does not know yet which tab it is. */
  | { kind: "opening" }
  | { kind: "green-room" }
  /** This very tab broadcasts. */
  | { kind: "here"; live: boolean }
  /** Nobody broadcasts a running stream, or this person's own tab has fallen silent: one click resumes it. */
  | { kind: "resume"; live: boolean }
  /** Another tab broadcasts; `yours`: of the same person. */
  | { kind: "elsewhere"; live: boolean; name: string; yours: boolean; silent: boolean }
  /** A moderator looks on. */
  | { kind: "moderator"; status: StudioState["status"]; name: string | null }
  | { kind: "ended" }
  | { kind: "cancelled" };

/** `tab`: this page's, null before it is known (and on the server). */
export function studioView(
  state: StudioState,
  { role, tab }: { role: "host" | "moderator"; tab: string | null },
): StudioView {
  const { status, leaseHolder } = state;
  if (status === "ended" || status === "cancelled") return { kind: status };
  if (role === "moderator") return { kind: "moderator", status, name: leaseHolder?.name ?? null };
  if (status === "scheduled") return { kind: "green-room" };
  const live = status === "live";
  if (!leaseHolder) return { kind: "resume", live };
  const { name, mine } = leaseHolder;
  const silent = state.hostAbsentSince !== null;
  if (mine && tab === null) return { kind: "opening" };
  if (mine && leaseHolder.tab === tab) return { kind: "here", live };
  if (mine && silent) return { kind: "resume", live };
  return { kind: "elsewhere", live, name, yours: mine, silent };
}
