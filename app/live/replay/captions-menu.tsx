import { type KeyboardEvent, useEffect, useId, useRef } from "react";
import type { CueBackground, CueSize, ReplayPreferences } from "./preferences.ts";
import type { Captions } from "./use-captions.ts";

type CaptionsMenuProps = {
  captions: readonly Captions[];
  /** The language of those that are on. */
  shown: string | null;
  preferences: ReplayPreferences;
  onChange: (changed: Partial<ReplayPreferences>) => void;
};

/** Which captions, and how they look; it is remembered. */
export function CaptionsMenu({ captions, shown, preferences, onChange }: CaptionsMenuProps) {
  const id = useId();
  const details = useRef<HTMLDetailsElement>(null);

  useEffect(() => {
    const outside = ({ target }: Event) => {
      const menu = details.current;
      if (menu?.open && !menu.contains(target as Node)) menu.open = false;
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape" || !details.current?.open) return;
    event.stopPropagation();
    details.current.open = false;
    details.current.querySelector("summary")?.focus();
  }

  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape closes it, from any field inside
    <details className="captions-menu" ref={details} onKeyDown={onKeyDown}>
      <summary className="button" data-kind="quiet">
        Captions
      </summary>
      <div className="stack">
        <label htmlFor={`${id}-language`}>Language</label>
        <select
          id={`${id}-language`}
          value={shown ?? ""}
          onChange={(event) => onChange({ captions: event.target.value || null })}
        >
          <option value="">Off</option>
          {captions.map(({ language, name }) => (
            <option key={language} value={language}>
              {name}
            </option>
          ))}
        </select>
        <label htmlFor={`${id}-size`}>Size</label>
        <select
          id={`${id}-size`}
          value={preferences.cueSize}
          onChange={(event) => onChange({ cueSize: event.target.value as CueSize })}
        >
          {Object.entries(sizeWords).map(([size, words]) => (
            <option key={size} value={size}>
              {words}
            </option>
          ))}
        </select>
        <label htmlFor={`${id}-background`}>Background</label>
        <select
          id={`${id}-background`}
          value={preferences.cueBackground}
          onChange={(event) => onChange({ cueBackground: event.target.value as CueBackground })}
        >
          {Object.entries(backgroundWords).map(([background, words]) => (
            <option key={background} value={background}>
              {words}
            </option>
          ))}
        </select>
      </div>
    </details>
  );
}

const sizeWords: Record<CueSize, string> = {
  small: "Small",
  normal: "Normal",
  large: "Large",
  largest: "Very large",
};

const backgroundWords: Record<CueBackground, string> = {
  dark: "Light on dark",
  light: "Dark on light",
  none: "Light, without one",
};
