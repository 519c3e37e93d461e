import type { ReactNode } from "react";

type NoticeProps = {
  title?: string;
  children?: ReactNode;
  /** `status` is read out when there is time, `alert` at once; without it the notice is plain text. */
  role?: "status" | "alert";
  /** An error has the heavier border. */
  kind?: "plain" | "error";
};

/** Words about what happened or what to know, in a frame. */
export function Notice({ title, children, role, kind = "plain" }: NoticeProps) {
  return (
    <div className="notice" data-kind={kind} role={role}>
      {title && (
        <p>
          <strong>{title}</strong>
        </p>
      )}
      {typeof children === "string" ? <p>{children}</p> : children}
    </div>
  );
}
