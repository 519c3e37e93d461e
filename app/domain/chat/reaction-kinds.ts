/** The reactions there are, in the order in which they are offered. */
export const reactionKinds = ["heart", "laugh", "clap", "wow", "thanks"] as const;

export type ReactionKind = (typeof reactionKinds)[number];

export const isReactionKind = (kind: string): kind is ReactionKind =>
  (reactionKinds as readonly string[]).includes(kind);
