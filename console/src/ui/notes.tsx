// What is shown instead of content: nothing there yet, still loading, failed. Each names a next step.
import type { ComponentChildren } from "preact";
import { explain, RequestFailed } from "../api/errors";
import { Icon, type IconName } from "./Icon";

export function Loading() {
  return <p class="page-note" role="status">Loading</p>;
}

interface EmptyProps {
  icon: IconName;
  title: string;
  text: string;
  children?: ComponentChildren;
}

export function Empty({ icon, title, text, children }: EmptyProps) {
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} size={28} /></span>
      <h2>{title}</h2>
      <p>{text}</p>
      {children && <div class="row center">{children}</div>}
    </div>
  );
}

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <p>{explain(error)}</p>
      {error instanceof RequestFailed && error.requestId && <p class="small">Request {error.requestId}: the server's log has the same id.</p>}
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  );
}
