import { type Location, useBlocker, useNavigate } from "@remix-run/react";
import { useRef, useState } from "react";

/**
 * While `on`, a link to another page of ours asks first; the studio's own forms (below `path`) do not. The question
 * stays until it is answered: the router itself forgets it whenever the page's data is read again or a form's answer
 * arrives, also before anything was drawn. So it is kept where the router asks.
 */
export function useLeaving(on: boolean, path: string): { stay: () => void; leave: () => void } | undefined {
  const navigate = useNavigate();
  const [wanted, setWanted] = useState<Location | null>(null);
  const decided = useRef(false);
  const blocker = useBlocker(({ nextLocation }) => {
    const { pathname } = nextLocation;
    const asks = on && !decided.current && pathname !== path && !pathname.startsWith(`${path}/`);
    if (asks) setWanted(nextLocation);
    return asks;
  });
  if (!on || !wanted) return undefined;
  return {
    stay: () => {
      setWanted(null);
      if (blocker.state === "blocked") blocker.reset();
    },
    leave: () => {
      decided.current = true;
      if (blocker.state === "blocked") blocker.proceed();
      else navigate(wanted);
    },
  };
}
