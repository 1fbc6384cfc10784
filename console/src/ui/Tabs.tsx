// Tabs: one of them is reached by the Tab key, the others from there by the arrow keys (ARIA Authoring Practices, tabs).
//
// They are always one row: where it is wider than the window it scrolls, fades at the side that has more, and keeps the chosen tab in sight.
import { useEffect, useRef, useState } from "preact/hooks";

interface TabsProps<T extends string> {
  tabs: ReadonlyArray<readonly [tab: T, label: string]>;
  shown: T;
  show: (tab: T) => void;
  label: string;
}

/** Return at which of its sides a row has more than it shows: "start", "end", both, or neither. */
function sidesOf({ scrollLeft, clientWidth, scrollWidth }: Element): string {
  const sides = [scrollLeft > 1 && "start", scrollLeft + clientWidth < scrollWidth - 1 && "end"];
  return sides.filter(Boolean).join(" ");
}

/** The panel that they control has the id "panel". */
export function Tabs<T extends string>({ tabs, shown, show, label }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const [more, setMore] = useState("");
  const look = () => list.current && setMore(sidesOf(list.current));
  useEffect(() => {
    const resized = new ResizeObserver(look);
    if (list.current) resized.observe(list.current);
    return () => resized.disconnect();
  }, []);
  useEffect(() => {
    const row = list.current, tab = row?.querySelector<HTMLElement>(`#tab-${shown}`);
    // Scrolls the row alone; scrollIntoView would scroll the page too.
    if (row && tab) row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }, [shown]);
  const key = (event: KeyboardEvent) => {
    const at = tabs.findIndex(([tab]) => tab === shown);
    const last = tabs.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    const next = to === undefined ? undefined : tabs[to];
    if (!next) return;
    event.preventDefault();
    show(next[0]);
    list.current?.querySelector<HTMLElement>(`#tab-${next[0]}`)?.focus({ preventScroll: true });
  };
  return (
    <div class="segments tabs" role="tablist" aria-label={label} data-more={more} ref={list} onKeyDown={key} onScroll={look}>
      {tabs.map(([tab, text]) => (
        <button key={tab} id={`tab-${tab}`} type="button" role="tab" aria-selected={tab === shown} aria-controls="panel" tabIndex={tab === shown ? 0 : -1}
          onClick={() => show(tab)}>{text}</button>
      ))}
    </div>
  );
}
