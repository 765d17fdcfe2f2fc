// Light or dark, and which colour means up.

import { effect, signal } from "@preact/signals";
import { language } from "../say/language";
import { remembered } from "./remembered";

export type Theme = "system" | "light" | "dark";
export type Rising = "green" | "red"; // Red means up in much of East Asia.

export const theme = remembered<Theme>("theme", "system", (text) => ["system", "light", "dark"].includes(text));
export const rising = remembered<Rising>("rising", "green", (text) => ["green", "red"].includes(text));

/** Counts changes of colours, for what is painted on a canvas. */
export const painted = signal(0);

const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => { painted.value += 1; });

/** Whether there is room for all panes side by side; style/narrow.css begins where this ends. */
const wide = matchMedia("(min-width: 1081px)");
export const roomy = signal(wide.matches);
wide.addEventListener("change", () => { roomy.value = wide.matches; });

effect(() => {
  const root = document.documentElement;
  root.lang = language.value;
  root.dataset.theme = theme.value;
  root.dataset.rising = rising.value;
  painted.value = painted.peek() + 1;
});

export function toggleTheme(): void {
  const now = theme.value === "system" ? (dark.matches ? "dark" : "light") : theme.value;
  theme.value = now === "dark" ? "light" : "dark";
}

/** A colour of the style sheet as the canvas understands it. */
export function colour(name: string): string {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

const probe = document.createElement("span");
probe.hidden = true;
document.documentElement.append(probe);
