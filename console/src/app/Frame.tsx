import { useEffect, useRef, useState } from "preact/hooks";
import { account, administers, logOut } from "../api/account";
import { showsRequests } from "../api/requestlog";
import { useServer } from "../api/server";
import { Icon, Logo } from "../ui/Icon";
import { Connection } from "./Connection";
import { RequestPanel } from "./RequestPanel";
import { Stage } from "./Stage";
import { path } from "./router";
import { switchTheme, theme } from "./theme";
import { GROUPS, VIEWS } from "../views/registry";

function Navigation({ onChoose }: { onChoose: () => void }) {
  const current = path.value.split("/")[0];
  const server = useServer();
  return (
    <nav aria-label="Views">
      {GROUPS.map((group) => {
        const views = VIEWS.filter((view) => view.group === group && !view.path.includes(":") && (!view.at || (server && view.at(server))) && (!view.admins || administers()));
        return (
          <div class="nav-group" key={group}>
            <h2>{group}</h2>
            <ul>
              {views.map((view) => (
                <li key={view.path}>
                  <a href={`#/${view.path}`} aria-current={current === view.path ? "page" : undefined} onClick={onChoose}>
                    <Icon name={view.icon} />
                    {view.title}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
      <div class="nav-group">
        <h2>Reference</h2>
        <ul>
          <li><a href="../docs/guide/"><Icon name="book" />Guide</a></li>
          <li><a href="../docs"><Icon name="code" />API</a></li>
        </ul>
      </div>
    </nav>
  );
}

const THEMES = { system: "As the system", light: "Light", dark: "Dark" };

function Tools() {
  return (
    <div class="tools">
      <Connection />
      <button class="ghost icon-text" type="button" aria-pressed={showsRequests.value} aria-label="Requests" title="Show the request of every button"
        onClick={() => (showsRequests.value = !showsRequests.value)}>
        <Icon name="code" /><span>Requests</span>
      </button>
      <button class="ghost icon" type="button" onClick={switchTheme} title={`Colours: ${THEMES[theme.value]}`}
        aria-label={`Colours: ${THEMES[theme.value]}`}>
        <Icon name={theme.value === "dark" ? "moon" : theme.value === "light" ? "sun" : "contrast"} />
      </button>
      <button class="ghost icon" type="button" onClick={logOut} title="Log out" aria-label="Log out"><Icon name="logout" /></button>
    </div>
  );
}

export function Frame() {
  const [menu, setMenu] = useState(false);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === "Escape" && setMenu(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, []);
  const skip = (event: Event) => {
    event.preventDefault();
    main.current?.focus();
  };
  return (
    <div class={`frame ${menu ? "menu-open" : ""} ${showsRequests.value ? "panel-open" : ""}`}>
      <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
      <header class="topbar">
        <button class="ghost icon menu-button" type="button" aria-expanded={menu} aria-label="Menu" onClick={() => setMenu(!menu)}>
          <Icon name="menu" />
        </button>
        <a class="brand" href="#/rooms" aria-label="mixminus"><Logo size={26} /><span>mixminus</span></a>
        <span class="customer">{account.value?.name}</span>
        <Tools />
      </header>
      <div class="sidebar"><Navigation onChoose={() => setMenu(false)} /></div>
      <div class="scrim" onClick={() => setMenu(false)} />
      <main id="main" ref={main} tabIndex={-1}><Stage /></main>
      <RequestPanel />
    </div>
  );
}
