// Short messages at the edge of the page: what failed, or what was done where it is not seen otherwise.
import { signal } from "@preact/signals";
import { explain } from "../api/errors";
import { Icon } from "./Icon";

interface Toast {
  readonly number: number;
  readonly text: string;
  readonly bad: boolean;
}

const SHOWN_MS = 6000;
let count = 0;
const toasts = signal<readonly Toast[]>([]);

export function toast(text: string, bad = false): void {
  count += 1;
  const number = count;
  toasts.value = [...toasts.value, { number, text, bad }];
  setTimeout(() => dismiss(number), SHOWN_MS);
}

export function toastError(error: unknown): void {
  toast(explain(error), true);
}

function dismiss(number: number): void {
  toasts.value = toasts.value.filter((each) => each.number !== number);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ number, text, bad }) => (
        <div key={number} class={`toast ${bad ? "bad" : ""}`}>
          <span>{text}</span>
          <button class="ghost icon" type="button" aria-label="Dismiss" onClick={() => dismiss(number)}><Icon name="close" /></button>
        </div>
      ))}
    </div>
  );
}
