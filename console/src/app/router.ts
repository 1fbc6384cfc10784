// Addresses of views: #/rooms, #/rooms/<id>. They stay in the page, so that a proxy needs no rule for them.
import { signal } from "@preact/signals";

function read(): string {
  return location.hash.replace(/^#\/?/, "").split("?")[0] ?? "";
}

/** Such as rooms/3f1c... */
export const path = signal(read());

addEventListener("hashchange", () => {
  path.value = read();
});

export function go(to: string): void {
  location.hash = `#/${to}`;
}

/** Return the parameters of a path if it matches a pattern such as rooms/:id. */
export function match(pattern: string, actual: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = actual.split("/");
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? "");
    if (part.startsWith(":")) parameters[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return parameters;
}
