import { useEffect, useId, useState } from "react";
import { Button } from "./button.tsx";

type CopyLinkProps = {
  url: string;
  label: string;
  /** What the button says, where it is no link that is copied. */
  button?: string;
};

/** A link to hand on: selectable as text, with a button that copies it where scripts run. */
export function CopyLink({ url, label, button = "Copy link" }: CopyLinkProps) {
  const id = useId();
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  const [canCopy, setCanCopy] = useState(false);
  useEffect(() => setCanCopy("clipboard" in navigator), []);
  async function copy() {
    try {
      await navigator.clipboard.writeText(url);
      setCopied("yes");
    } catch {
      setCopied("failed");
    }
  }
  return (
    <div className="field copy-link">
      <label htmlFor={id}>{label}</label>
      <div className="copy-link-row">
        <input
          id={id}
          type="text"
          readOnly
          value={url}
          dir="ltr"
          onFocus={(event) => event.target.select()}
        />
        {canCopy && (
          <Button type="button" onClick={copy}>
            {button}
          </Button>
        )}
      </div>
      <p className="small" role="status">
        {copied === "yes" && "Copied."}
        {copied === "failed" && "Your browser did not allow it: select it and copy it."}
      </p>
    </div>
  );
}
