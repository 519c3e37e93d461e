import { type KeyboardEvent, type ReactNode, useRef } from "react";
import { Button, type ButtonKind } from "./button.tsx";

type ConfirmProps = {
  /** What one begins: "End stream". */
  label: ReactNode;
  kind?: ButtonKind;
  /** What will happen, and what cannot be undone. */
  question: ReactNode;
  /** The form with the button that does it. */
  children: ReactNode;
};

/** Asks once before something that cannot be undone; opens and closes without JavaScript too. */
export function Confirm({ label, kind = "plain", question, children }: ConfirmProps) {
  const details = useRef<HTMLDetailsElement>(null);
  function close() {
    if (!details.current?.open) return;
    details.current.open = false;
    details.current.querySelector("summary")?.focus();
  }
  const showAll = () => details.current?.open && details.current.scrollIntoView({ block: "nearest" });
  const onKeyDown = (event: KeyboardEvent) => event.key === "Escape" && close();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape closes it, from any button inside
    <details className="confirm" ref={details} onKeyDown={onKeyDown} onToggle={showAll}>
      <summary className="button" data-kind={kind}>
        {label}
      </summary>
      <div className="confirm-sheet">
        {typeof question === "string" ? <p>{question}</p> : question}
        <div className="row">
          {children}
          <Button type="button" kind="quiet" onClick={close} data-needs-script="">
            Keep it as it is
          </Button>
        </div>
      </div>
    </details>
  );
}
