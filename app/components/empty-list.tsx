import type { ReactNode } from "react";

type EmptyListProps = {
  /** What will be here: "Streams that you schedule stand here." */
  children: ReactNode;
  /** A button that leads to it. */
  next?: ReactNode;
};

export function EmptyList({ children, next }: EmptyListProps) {
  return (
    <div className="empty">
      <svg className="empty-seats" viewBox="0 0 126 16" width="126" height="16" aria-hidden="true">
        <path d="M1 15V8a5 5 0 0 1 10 0v7zM20 15V8a5 5 0 0 1 10 0v7zM39 15V8a5 5 0 0 1 10 0v7zM58 15V8a5 5 0 0 1 10 0v7zM77 15V8a5 5 0 0 1 10 0v7zM96 15V8a5 5 0 0 1 10 0v7zM115 15V8a5 5 0 0 1 10 0v7z" />
      </svg>
      <div className="measure">{typeof children === "string" ? <p>{children}</p> : children}</div>
      {next}
    </div>
  );
}
