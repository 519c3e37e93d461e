import type { TeamLink, TeamLinkState } from "./links.ts";
import type { TakeRefusal } from "./taking.ts";

/** Why a link gives nothing to somebody, and what to do. */
export const invitationWords: Record<TakeRefusal["reason"] | "held", { title: string; lead: string }> = {
  held: { title: "You have this pass already", lead: "There is nothing left to take." },
  expired: {
    title: "This invitation has run out",
    lead: "Its last day is past. Ask whoever invited you for a new link.",
  },
  revoked: {
    title: "This invitation was taken back",
    lead: "It gives the pass to nobody any more. Ask whoever invited you for a new link.",
  },
  spent: {
    title: "This invitation is used up",
    lead: "As many people as it was for have taken the pass. Ask whoever invited you for a new link.",
  },
  used: {
    title: "You took this pass before",
    lead: "A link gives it to each person once, and yours has ended. Its page says how to get it again.",
  },
  sold_out: {
    title: "No seat is free",
    lead: "All are taken, or kept for who waited. Open this link again later: it works when a seat has come free.",
  },
  banned: {
    title: "This invitation is not for you",
    lead: "The team of this space has shut you out, so you cannot get its passes.",
  },
  taken_back: {
    title: "This pass was taken back from you",
    lead: "Only the space can give it to you again.",
  },
  retired: { title: "This pass is no longer given", lead: "See the space for what it offers now." },
  over: { title: "This pass has reached its last day", lead: "See the space for what it offers now." },
  gone: { title: "This pass is gone", lead: "See the space for what it offers now." },
};

export const linkStateWords: Record<TeamLinkState, string> = {
  open: "Open",
  revoked: "Revoked",
  owner_left: "Revoked: who made it is no owner any more",
  expired: "Run out",
  spent: "Used up",
  retired: "Closed: the pass is retired",
  over: "Closed: the pass is past its last day",
};

/** "3 of 5", "3, without a limit". */
export const usesWords = ({ uses, mostUses }: Pick<TeamLink, "uses" | "mostUses">) =>
  mostUses === null ? `${uses}, without a limit` : `${uses} of ${mostUses}`;
