import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Nearer to the end than this counts as at the end. */
const nearPx = 48;

/** Keeps the list at its end while it is there, and counts what comes while it is not. */
export function useEnd(box: RefObject<HTMLDivElement>, newest: number, unsent: number) {
  const [atEnd, setAtEnd] = useState(true);
  const [seen, setSeen] = useState(newest);
  const end = useRef(true);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      end.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearPx;
      setAtEnd(end.current);
    };
    element.addEventListener("scroll", look, { passive: true });
    // A keyboard that opens, or a window that is made smaller, must not hide the newest.
    const observer = new ResizeObserver(() => end.current && element.scrollTo({ top: element.scrollHeight }));
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [box]);

  useLayoutEffect(() => {
    const element = box.current;
    if (end.current && element) element.scrollTo({ top: element.scrollHeight });
  }, [box, newest, unsent]);
  useEffect(() => {
    if (atEnd) setSeen(newest);
  }, [atEnd, newest]);

  return {
    atEnd,
    unseen: Math.max(0, newest - seen),
    toEnd() {
      const element = box.current;
      if (!element) return;
      element.scrollTo({ top: element.scrollHeight });
      element.focus();
    },
  };
}
