import { useEffect, useRef } from "react";
import { CopyLink } from "./copy-link.tsx";

type ShownOnceProps = {
  title: string;
  /** What it is called where it is copied from: "The key". */
  label: string;
  secret: string;
  button: string;
};

/** A secret right after it was made: this page is the only one that shows it. */
export function ShownOnce({ title, label, secret, button }: ShownOnceProps) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => frame.current?.focus(), [secret]);
  return (
    <div className="notice" role="status" tabIndex={-1} ref={frame}>
      <p>
        <strong>{title}</strong>
      </p>
      <p>Keep it in a safe place now: it is shown this once, and we cannot show it again.</p>
      <CopyLink url={secret} label={label} button={button} />
    </div>
  );
}
