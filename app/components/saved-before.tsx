import { chatBeforeWords } from "./chat-hours.ts";
import { Bidi } from "./bidi.tsx";
import { Fact, Facts } from "./facts.tsx";
import { Notice } from "./notice.tsx";
import { formatLength } from "./time-format.ts";
import { When } from "./when.tsx";

export type SavedBeforeWords = {
  /** Who saved it; null: nobody knows. */
  by: string | null;
  title?: string;
  description?: string;
  /** `at` is ISO. */
  start?: { at: string; zone: string };
  lengthMinutes?: number;
  chatBefore?: keyof typeof chatBeforeWords;
  /** Minutes. */
  chatAfter?: number;
};

/** Above a stream's form that somebody else was faster with: what is saved now, where it is not what was typed. */
export function SavedBefore({ saved, zone }: { saved: SavedBeforeWords; zone: string | null }) {
  return (
    <Notice title="Saved now, where it is not what you typed:">
      <Facts>
        {saved.title !== undefined && (
          <Fact label="Title">
            <Bidi>{saved.title}</Bidi>
          </Fact>
        )}
        {saved.description !== undefined && (
          <Fact label="What it is about">
            {saved.description ? <Bidi>{saved.description}</Bidi> : "Nothing"}
          </Fact>
        )}
        {saved.start && (
          <Fact label="Start">
            <When at={saved.start.at} zone={zone} streamZone={saved.start.zone} />
          </Fact>
        )}
        {saved.lengthMinutes !== undefined && (
          <Fact label="Expected length">{formatLength(saved.lengthMinutes)}</Fact>
        )}
        {saved.chatBefore && <Fact label="Chat before the start">{chatBeforeWords[saved.chatBefore]}</Fact>}
        {saved.chatAfter !== undefined && <Fact label="Chat after the end">{saved.chatAfter} min</Fact>}
      </Facts>
      <p>Press Save to put what you typed in its place, or leave it as it is now.</p>
    </Notice>
  );
}
