import { type RefObject, useEffect, useRef } from "react";
import { actionFor, type Focus, type PlayerAction } from "./player-keys.ts";

/** Lets keys work the player, wherever the focus is on the page but in something that needs them itself. */
export function usePlayerKeys(
  video: RefObject<HTMLVideoElement>,
  onAction: (action: PlayerAction) => void,
): void {
  const act = useRef(onAction);
  act.current = onAction;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const player = video.current;
      if (!player || event.defaultPrevented) return;
      const { key, ctrlKey, altKey, metaKey } = event;
      const action = actionFor({ key, ctrlKey, altKey, metaKey, focus: focusOf(event.target, player) });
      if (!action) return;
      event.preventDefault();
      act.current(action);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [video]);
}

function focusOf(target: EventTarget | null, video: HTMLVideoElement): Focus {
  if (target === video) return "video";
  if (!(target instanceof HTMLElement)) return "page";
  // The seek bar takes what seeks before this is asked; louder and quieter are the player's there, too.
  if (target.matches("input[type=range]")) return target.closest(".seek") ? "page" : "slider";
  if (target.isContentEditable || target.closest("input, textarea, select, dialog")) return "control";
  return target.closest("button, a, summary, [role=button]") ? "button" : "page";
}
