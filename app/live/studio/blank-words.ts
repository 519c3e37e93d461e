import type { StudioRecording } from "./types.ts";

type Blank = StudioRecording["blanks"][number];

export type BlankWords = { title: string; words: string };

/** What a host is told of a picture or a sound that has not been there for a minute and more. */
export function blankWords({ kind, published }: Blank): BlankWords {
  return words[kind][published];
}

const words: Record<Blank["kind"], Record<Blank["published"], BlankWords>> = {
  silent: {
    on: {
      title: "No sound for over a minute",
      words:
        "What is recorded is silent although your sound is on. If you are speaking, choose another microphone, or look whether it is muted at the device itself.",
    },
    off: {
      title: "Your sound is off",
      words: "Nothing has been heard for over a minute: your microphone is switched off.",
    },
  },
  black: {
    on: {
      title: "A black picture for over a minute",
      words:
        "What is recorded is black although your picture is on. Look whether the camera is covered, or choose another one.",
    },
    off: {
      title: "Your picture is off",
      words: "Nothing has been seen for over a minute: your camera is switched off.",
    },
  },
};
