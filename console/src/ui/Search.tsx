import type { JSX } from "preact";
import { Icon } from "./Icon";

/** A field for words that are searched; takes what an input takes. */
export function Search(props: JSX.InputHTMLAttributes<HTMLInputElement>) {
  return (
    <div class="search">
      <Icon name="search" size={16} />
      <input type="search" {...props} />
    </div>
  );
}
