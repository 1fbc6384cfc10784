// Tabs: one of them is reached by the Tab key, the others from there by the arrow keys (ARIA Authoring Practices, tabs).
import { useRef } from "preact/hooks";

interface TabsProps<T extends string> {
  tabs: ReadonlyArray<readonly [tab: T, label: string]>;
  shown: T;
  show: (tab: T) => void;
  label: string;
}

/** The panel that they control has the id "panel". */
export function Tabs<T extends string>({ tabs, shown, show, label }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const key = (event: KeyboardEvent) => {
    const at = tabs.findIndex(([tab]) => tab === shown);
    const last = tabs.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    const next = to === undefined ? undefined : tabs[to];
    if (!next) return;
    event.preventDefault();
    show(next[0]);
    list.current?.querySelector<HTMLElement>(`#tab-${next[0]}`)?.focus();
  };
  return (
    <div class="segments tabs" role="tablist" aria-label={label} ref={list} onKeyDown={key}>
      {tabs.map(([tab, text]) => (
        <button key={tab} id={`tab-${tab}`} type="button" role="tab" aria-selected={tab === shown} aria-controls="panel" tabIndex={tab === shown ? 0 : -1}
          onClick={() => show(tab)}>{text}</button>
      ))}
    </div>
  );
}
