// A clock for durations: components that read it are drawn each second.
import { signal } from "@preact/signals";

const SECOND_MS = 1000;

export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, SECOND_MS);
