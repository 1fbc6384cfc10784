// Light or dark: as the system says, or as chosen by the switch.
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const STORED = "mixminus.theme";
const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

const stored = localStorage.getItem(STORED);
export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

export function applyTheme(): void {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}

export function switchTheme(): void {
  theme.value = NEXT[theme.value];
  localStorage.setItem(STORED, theme.value);
  applyTheme();
}
