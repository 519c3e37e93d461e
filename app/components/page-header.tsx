import type { ReactNode } from "react";
import { Bidi } from "./bidi.tsx";

type PageHeaderProps = {
  title: string;
  /** Breadcrumbs, or a tag. */
  above?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
};

/** The page's one h1, set like a poster. */
export function PageHeader({ title, above, lead, actions }: PageHeaderProps) {
  return (
    <header className="page-header">
      {above}
      <h1 data-long={title.length > 60 || undefined}>
        <Bidi>{title}</Bidi>
      </h1>
      {lead && <div className="lead">{lead}</div>}
      {actions && <div className="row">{actions}</div>}
    </header>
  );
}
