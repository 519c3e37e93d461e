import type { ReactionKind } from "#app/domain/chat/reaction-kinds.ts";

/** What is shown for each reaction, and what a screen reader says. */
export const reactionWords: Record<ReactionKind, { emoji: string; name: string }> = {
  heart: { emoji: "❤️", name: "Heart" },
  laugh: { emoji: "😂", name: "Laughing" },
  clap: { emoji: "👏", name: "Applause" },
  wow: { emoji: "😮", name: "Surprised" },
  thanks: { emoji: "🙏", name: "Thanks" },
};

export const offeredReactions = Object.entries(reactionWords) as [
  ReactionKind,
  { emoji: string; name: string },
][];
