export const speeds = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
export const cueSizes = ["small", "normal", "large", "largest"] as const;
export const cueBackgrounds = ["dark", "light", "none"] as const;

export type CueSize = (typeof cueSizes)[number];
export type CueBackground = (typeof cueBackgrounds)[number];

/** How somebody watches replays. */
export type ReplayPreferences = {
  speed: number;
  /** The language of the captions that are on, where a recording has them; null: off. */
  captions: string | null;
  cueSize: CueSize;
  cueBackground: CueBackground;
};

const key = "frontrow.replay";
const usual: ReplayPreferences = { speed: 1, captions: null, cueSize: "normal", cueBackground: "dark" };

/** What this browser was told the last time; what it does not know or understand is as usual. */
export function readPreferences(storage: Pick<Storage, "getItem"> | undefined): ReplayPreferences {
  try {
    const read = JSON.parse(storage?.getItem(key) ?? "{}") as Record<string, unknown>;
    const one = <Value>(values: readonly Value[], value: unknown, otherwise: Value) =>
      values.includes(value as Value) ? (value as Value) : otherwise;
    return {
      speed: one(speeds, read.speed, usual.speed),
      captions: typeof read.captions === "string" && read.captions ? read.captions : usual.captions,
      cueSize: one(cueSizes, read.cueSize, usual.cueSize),
      cueBackground: one(cueBackgrounds, read.cueBackground, usual.cueBackground),
    };
  } catch {
    return { ...usual };
  }
}

/** A browser that keeps nothing (private, full) only forgets. */
export function writePreferences(
  storage: Pick<Storage, "setItem"> | undefined,
  preferences: ReplayPreferences,
): void {
  try {
    storage?.setItem(key, JSON.stringify(preferences));
  } catch {
    return;
  }
}
