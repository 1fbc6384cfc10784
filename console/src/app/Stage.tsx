// Shows the view that the address names; each view is loaded when it is first opened.
import type { FunctionComponent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { VIEWS, type View, type ViewProps } from "../views/registry";
import { Empty, ErrorNote, Loading } from "../ui/notes";
import { match, path } from "./router";

const loaded = new Map<View, FunctionComponent<ViewProps>>();
const HOME = "rooms";

function find(actual: string): { view: View; parameters: Record<string, string> } | undefined {
  for (const view of VIEWS) {
    const parameters = match(view.path, actual);
    if (parameters) return { view, parameters };
  }
  return undefined;
}

export function Stage() {
  const found = find(path.value || HOME);
  const [, redraw] = useState(0);
  const [error, setError] = useState<unknown>(undefined);
  const before = useRef(path.value);
  useEffect(() => {
    setError(undefined);
    if (!found || loaded.has(found.view)) return;
    found.view
      .load()
      .then((component) => {
        loaded.set(found.view, component);
        redraw((count) => count + 1);
      })
      .catch(setError);
  }, [found?.view]);
  useEffect(() => {
    if (found) document.title = `${found.view.title} · mixminus`;
    const main = document.getElementById("main");
    main?.scrollTo(0, 0);
    // What had the focus may be gone with the view before: the keyboard begins at the new one.
    if (before.current !== path.value) main?.focus({ preventScroll: true });
    before.current = path.value;
  }, [path.value]);
  if (!found) {
    return <Empty icon="search" title="There is no such page" text="The address may be old or mistyped."><a class="button" href="#/rooms">Show the rooms</a></Empty>;
  }
  if (error) return <ErrorNote error={error} retry={() => location.reload()} />;
  const Component = loaded.get(found.view);
  return Component ? <Component key={path.value} {...found.parameters} /> : <Loading />;
}
