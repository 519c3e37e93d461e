import type { Plan } from "../domain/schedule/plan.ts";
import type { StreamColumns } from "../domain/streams/columns.ts";
import type { StreamWords } from "../domain/streams/schedule.ts";

type Saved = Omit<StreamColumns, "id" | "status" | "wallTime" | "editVersion">;
type Typed = Pick<StreamWords, "title" | "description" | "chat"> & { plan: Plan };

/** What is saved where it is not what somebody typed. `start.at` is ISO. */
export type OtherWords = {
  title?: string;
  description?: string;
  start?: { at: string; zone: string };
  lengthMinutes?: number;
  chatBefore?: Saved["chatBefore"];
  /** Minutes. */
  chatAfter?: number;
};

/** The words and times of what is saved that are others than those that somebody typed. */
export function otherWords(saved: Saved, { title, description, plan, chat }: Typed): OtherWords {
  const words: OtherWords = {};
  if (saved.title !== title) words.title = saved.title;
  if (saved.description !== description) words.description = saved.description;
  if (saved.startsAt.getTime() !== plan.startsAt.getTime() || saved.timeZone !== plan.timeZone) {
    words.start = { at: saved.startsAt.toISOString(), zone: saved.timeZone };
  }
  if (saved.lengthMinutes !== plan.lengthMinutes) words.lengthMinutes = saved.lengthMinutes;
  if (saved.chatBefore !== chat.before) words.chatBefore = saved.chatBefore;
  if (saved.chatAfterMinutes !== chat.afterMinutes) words.chatAfter = saved.chatAfterMinutes;
  return words;
}
