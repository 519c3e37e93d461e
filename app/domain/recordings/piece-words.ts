import type { PieceProblem, PieceRemark } from "./checked-segment.ts";
import type { PlaylistRemark } from "./playlist-remarks.ts";

const problems: Record<PieceProblem, string> = {
  empty: "empty",
  truncated: "cut off",
  not_transport_stream: "something else than a piece of video",
  damaged: "damaged",
  no_media: "neither picture nor sound",
  no_key_frame: "does not begin with a whole picture",
  unsupported: "in a form that is not played",
  no_length: "without a length",
  too_large: "far too large",
  unreadable: "could not be read",
  missing: "missing",
  wrong_clock: "its clock does not fit those beside it",
  repeated: "an earlier piece once more",
  of_another: "a piece of another recording",
};

const remarks: Record<PieceRemark, string> = {
  other_picture: "another size or kind of picture",
  other_picture_inside: "its picture changes size or kind",
  other_sound: "another kind of sound",
  no_picture: "from here without picture",
  no_sound: "from here without sound",
};

const playlists: Record<PlaylistRemark, string> = {
  no_playlist: "was not there",
  unreadable: "could not be read",
  leads_elsewhere: "names what lies elsewhere",
  names_missing: "names pieces that are not there",
  leaves_out: "leaves out pieces that are there",
  other_lengths: "says other lengths than the pieces have",
  other_order: "has another order",
  other_times: "says other times than the pieces' own clocks",
};

const worded = <Word extends string>(words: Record<Word, string>, word: string): string =>
  words[word as Word] ?? word.replaceAll("_", " ");

/** What is wrong with a segment, as an attribute of it: "cut off". */
export const problemWords = (problem: string): string => worded(problems, problem);

export type Numbered = { number: number; word: string };

/** So many are named, and the rest counted. */
const most = 5;

/** "Left out: 3 (cut off), 4 (missing)"; null when none was. */
export function leftOutWords(left: readonly Numbered[]): string | null {
  return left.length === 0 ? null : `Left out: ${listed(left, problems)}`;
}

/** "Kept, although odd: 7 (from here without sound)"; null when nothing was. */
export function remarkWords(odd: readonly Numbered[]): string | null {
  return odd.length === 0 ? null : `Kept, although odd: ${listed(odd, remarks)}`;
}

/** What a recorder's own playlist said that was not so; null when nothing was. */
export function playlistWords(said: readonly string[]): string | null {
  if (said.length === 0) return null;
  const words = said.map((word) => worded(playlists, word)).join(", ");
  return `Its own list of the pieces ${words}. The pieces themselves count.`;
}

/** "Silent for 2 minutes at 4:05, although sound was on" */
export function blankWords(blank: { kind: string; published: string; at: string; long: string }): string {
  const [is, what] = blank.kind === "black" ? ["Black", "the picture"] : ["Silent", "the sound"];
  const was = blank.published === "on" ? `although ${what} was on` : `${what} was switched off`;
  return `${is} for ${blank.long} at ${blank.at}, ${was}`;
}

/** What of picture and sound a recording has. */
export function holdsWords({ picture, sound }: { picture: boolean; sound: boolean }): string {
  if (picture && sound) return "Picture and sound";
  if (picture) return "Picture, no sound at all";
  return sound ? "Sound, no picture at all" : "Nothing that plays";
}

function listed(items: readonly Numbered[], words: Record<string, string>): string {
  const some = items.slice(0, most).map(({ number, word }) => `${number} (${worded(words, word)})`);
  const more = items.length - some.length;
  return some.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
