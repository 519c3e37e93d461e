export type PlayerAction =
  | { do: "toggle" }
  | { do: "mute" }
  | { do: "full-screen" }
  | { do: "captions" }
  | { do: "seek-by"; seconds: number }
  | { do: "seek-to"; share: number }
  | { do: "volume-by"; share: number }
  | { do: "speed-by"; steps: number };

export type Focus = "video" | "control" | "slider" | "button" | "page";

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey"> & {
  /**
   * What has the focus: the video (whose own controls take space and arrows), something one types or chooses in, a slider
   * (which takes arrows), something one presses, or none of them.
   */
  focus: Focus;
};

/** What a key means for the player; undefined leaves it to the browser. */
export function actionFor({ key, ctrlKey, altKey, metaKey, focus }: Press): PlayerAction | undefined {
  if (ctrlKey || altKey || metaKey || focus === "control") return undefined;
  const letter = key.toLowerCase();
  if (letter === "k") return { do: "toggle" };
  if (letter === "m") return { do: "mute" };
  if (letter === "f") return { do: "full-screen" };
  if (letter === "c") return { do: "captions" };
  if (key === "<") return { do: "speed-by", steps: -1 };
  if (key === ">") return { do: "speed-by", steps: 1 };
  if (letter === "j") return { do: "seek-by", seconds: -10 };
  if (letter === "l") return { do: "seek-by", seconds: 10 };
  if (/^[0-9]$/.test(key)) return { do: "seek-to", share: Number(key) / 10 };
  if (focus === "video") return undefined;
  if (key === " ") return focus === "button" ? undefined : { do: "toggle" };
  if (focus === "slider") return undefined;
  if (key === "ArrowLeft") return { do: "seek-by", seconds: -5 };
  if (key === "ArrowRight") return { do: "seek-by", seconds: 5 };
  if (key === "ArrowUp") return { do: "volume-by", share: 0.1 };
  if (key === "ArrowDown") return { do: "volume-by", share: -0.1 };
  return undefined;
}

/** What stands on the page about them. */
export const keysInWords: [keys: string, meaning: string][] = [
  ["Space or K", "play, pause"],
  ["Left, right", "5 seconds back, on"],
  ["J, L", "10 seconds back, on"],
  ["Up, down", "louder, quieter"],
  ["0 to 9", "to that tenth of the recording"],
  ["<, >", "slower, faster"],
  ["M", "sound off, on"],
  ["C", "captions on, off"],
  ["F", "full screen, and back"],
];
