import { type AddedCaptions, mostCaptionsBytes, mostLanguages } from "./captions.ts";
import { mostProblems, type VttProblem } from "./vtt.ts";

/** So many mistakes are told; whoever has more has a mistake that they all come from. */
const mostTold = 8;

export const captionsMissing = "Choose the WebVTT file with the captions.";
export const languageUnknown = "This is no language that we know. It looks like de, en-GB or German.";
export const captionsTooLarge = `This file is larger than ${mostCaptionsBytes / 1024 / 1024} MB, which is more than six hours of talk are.`;

/** Why captions were refused, a sentence for each mistake, the first ones. */
export function captionsWords(refused: Extract<AddedCaptions, { ok: false }>): string[] {
  switch (refused.reason) {
    case "wrong":
      return problemWords(refused.problems);
    case "too_large":
      return [captionsTooLarge];
    case "too_many":
      return [`A recording has captions in at most ${mostLanguages} languages. Remove some first.`];
    case "silent":
      return [
        "Everything in this file is said behind the end of the recording. Its times are those of what plays.",
      ];
    case "edited_before":
      return [
        "This recording was cut while you were at it, so the file's times may be others by now. Look, and choose it again.",
      ];
    case "gone":
      return ["There is no finished recording to which captions could be added."];
  }
}

function problemWords(problems: readonly VttProblem[]): string[] {
  const told = problems
    .slice(0, mostTold)
    .map(({ line, sentence }) => (line === null ? sentence : `Line ${line}: ${sentence}`));
  if (problems.length >= mostProblems) return [...told, "And very many more."];
  const more = problems.length - told.length;
  return more > 0 ? [...told, `And ${more} more.`] : told;
}
