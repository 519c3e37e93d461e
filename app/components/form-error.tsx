import { type ReactNode, useEffect, useRef } from "react";
import { fieldId } from "./field.tsx";

type Problem = { name: string; message: string; id?: string };

type FormErrorProps = {
  /** What happened, in one sentence. */
  children?: ReactNode;
  /** What is wrong with which field; each links to it. */
  problems?: Problem[];
};

/** Above a form that was refused; draws nothing when there is nothing to say. Takes the focus when it appears. */
export function FormError({ children, problems = [] }: FormErrorProps) {
  const frame = useRef<HTMLDivElement>(null);
  const said =
    problems.map(({ message }) => message).join("\n") + (typeof children === "string" ? children : "");
  const shown = Boolean(children) || problems.length > 0;
  useEffect(() => {
    if (shown) frame.current?.focus();
  }, [shown, said]);
  if (!shown) return null;
  return (
    <div className="notice" data-kind="error" role="alert" tabIndex={-1} ref={frame}>
      <p>
        <strong>
          {children ??
            (problems.length === 1 ? "One thing is not right yet:" : "Some things are not right yet:")}
        </strong>
      </p>
      {problems.length > 0 && (
        <ul>
          {problems.map(({ name, message, id }) => (
            <li key={name + message}>
              <a href={`#${id ?? fieldId(name)}`}>{message}</a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
