import type { ReactNode } from "react";

/** A word about a state. `live` has the red dot, and the word beside it. */
export function Tag({ kind = "plain", children }: { kind?: "plain" | "live"; children: ReactNode }) {
  return (
    <span className="tag" data-kind={kind}>
      {children}
    </span>
  );
}
