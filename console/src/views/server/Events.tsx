// Events as they come.
import { useEffect, useState } from "preact/hooks";
import { listen, type LiveEvent } from "../../api/live";
import { Search } from "../../ui/Search";

const KEPT = 200;

interface Seen {
  readonly number: number;
  readonly at: string;
  readonly event: LiveEvent;
}

export function Events() {
  const [seen, setSeen] = useState<readonly Seen[]>([]);
  const [sought, setSought] = useState("");
  useEffect(() => {
    let count = 0;
    return listen((event) => {
      count += 1;
      const row = { number: count, at: new Date().toLocaleTimeString(), event };
      setSeen((before) => [row, ...before].slice(0, KEPT));
    });
  }, []);
  const shown = seen.filter(({ event }) => event.type.includes(sought));
  return (
    <section aria-label="Events">
      <div class="view-head section"><div class="grow"><h2>Events</h2><p>As they come, the newest first; {KEPT} are kept</p></div></div>
      <div class="toolbar"><Search aria-label="Type of event" placeholder="Type, such as conference_" value={sought} onInput={(event) => setSought(event.currentTarget.value)} /></div>
      {shown.length === 0 && <p class="muted">Nothing has happened since this page was opened.</p>}
      <ol class="card events">
        {shown.map(({ number, at, event }) => (
          <li key={number}>
            <details><summary><span class="muted small">{at}</span> <code>{event.type}</code></summary><pre tabIndex={0}>{JSON.stringify(event.data, null, 2)}</pre></details>
          </li>
        ))}
      </ol>
    </section>
  );
}
