// The requests that this tab has sent, newest first, each as a command for a terminal.
import { curl } from "../api/request";
import { requests, showsRequests } from "../api/requestlog";
import { Copy } from "../ui/Copy";

export function RequestPanel() {
  if (!showsRequests.value) return null;
  return (
    <aside class="request-panel" aria-label="Requests of this page">
      <header>
        <h2>Requests</h2>
        <p class="muted">What this page sends; each runs in a terminal as well.</p>
      </header>
      <ol>
        {requests.value.map(({ number, request, status, milliseconds }) => (
          <li key={number}>
            <details>
              <summary>
                <span class="method" data-method={request.method}>{request.method.toUpperCase()}</span>
                <span class="url">/{request.url}</span>
                <span class={`status ${status >= 200 && status < 300 ? "good" : "bad"}`}>{status || "no answer"}</span>
                <span class="muted">{Math.round(milliseconds)} ms</span>
              </summary>
              <pre tabIndex={0}>{curl(request)}</pre>
              <Copy text={curl(request)} />
            </details>
          </li>
        ))}
      </ol>
      {requests.value.length === 0 && <p class="muted">Nothing was sent yet.</p>}
    </aside>
  );
}
