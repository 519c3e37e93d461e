import type { ReactNode } from "react";
import { ButtonLink } from "./button.tsx";

type Step = {
  title: string;
  done: boolean;
  /** What it is for. */
  why: ReactNode;
  to: string;
  /** What the button says: "Make an experience". */
  label: string;
};

/** A short list of first steps; only the next one has a button. */
export function Steps({ steps, label }: { steps: Step[]; label: string }) {
  const next = steps.findIndex(({ done }) => !done);
  return (
    <ol className="steps" aria-label={label}>
      {steps.map((step, index) => (
        <li
          key={step.title}
          data-done={step.done || undefined}
          aria-current={index === next ? "step" : undefined}
        >
          <span className="poster num steps-number" aria-hidden="true">
            {index + 1}
          </span>
          <div className="steps-what">
            <h3>
              {step.title}
              {step.done && <span className="small"> Done.</span>}
            </h3>
            {!step.done && <p className="small">{step.why}</p>}
            {index === next && (
              <p>
                <ButtonLink kind="go" to={step.to}>
                  {step.label}
                </ButtonLink>
              </p>
            )}
          </div>
        </li>
      ))}
    </ol>
  );
}
