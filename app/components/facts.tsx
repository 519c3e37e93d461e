import type { ReactNode } from "react";

/** Names and values in rows; holds `Fact`s. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="facts">{children}</dl>;
}

type FactProps = {
  label: ReactNode;
  children: ReactNode;
  /** A second, smaller line below the value. */
  note?: ReactNode;
  /** Good news may be green, beside its words. */
  good?: boolean;
};

export function Fact({ label, children, note, good }: FactProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <span className="num" data-good={good || undefined}>
          {children}
        </span>
        {note && <span className="small facts-note">{note}</span>}
      </dd>
    </div>
  );
}
