// Keys for everything that is done often, and the list of them.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { say, type Key } from "../say/language";
import { orders } from "../store/account";
import { roomy, toggleTheme } from "../store/appearance";
import { chooseNext, chosen } from "../store/market";
import { address, type Place, PLACES } from "../store/route";
import { asking, isOperator, signedIn } from "../store/session";
import { side } from "../store/ticket";
import { confirming } from "../trade/dock";
import { pane, picking } from "../trade/desk";
import { QTY_ID } from "../trade/ticket";
import { SEARCH_ID } from "../trade/watch-list";

export const helping = signal(false);

const KEYS: readonly (readonly [keys: readonly string[], what: Key])[] = [
  [["/"], "keyboard.search"], [["["], "keyboard.before"], [["]"], "keyboard.after"], [["b"], "keyboard.buy"], [["s"], "keyboard.sell"],
  [["↑", "↓"], "keyboard.steps"], [["Enter"], "keyboard.send"], [["x"], "keyboard.cancel_all"], [["1", "…", "9"], "keyboard.places"],
  [["t"], "keyboard.theme"], [["Esc"], "keyboard.escape"], [["?"], "keyboard.help"],
];

/** Listens as long as the page is there. */
export function Shortcuts() {
  useEffect(() => {
    addEventListener("keydown", hear);
    return () => removeEventListener("keydown", hear);
  }, []);
  if (!helping.value) return null;
  return (
    <Dialog title={say("keyboard.title")} onClose={() => { helping.value = false; }}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => <div key={what}><dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{say(what)}</dd></div>)}
      </dl>
    </Dialog>
  );
}

function hear(event: KeyboardEvent): void {
  const at = event.target as HTMLElement;
  const typing = at.matches("input, select, textarea, [contenteditable]") || document.querySelector("dialog[open]") !== null;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing) {
    if (event.key === "Escape") at.blur();
    return;
  }
  const act = ACTS[event.key] ?? placeOf(event.key);
  if (!act) return;
  event.preventDefault();
  act();
}

const ACTS: Record<string, () => void> = {
  "/": search,
  "[": () => chooseNext(-1),
  "]": () => chooseNext(1),
  b: () => write("buy"),
  s: () => write("sell"),
  x: () => { if (orders.value.length) confirming.value = true; },
  t: toggleTheme,
  "?": () => { helping.value = true; },
};

function search(): void {
  if (!roomy.value) picking.value = true;
  requestAnimationFrame(() => document.getElementById(SEARCH_ID)?.focus());
}

function write(way: "buy" | "sell"): void {
  side.value = way;
  pane.value = "ticket";
  requestAnimationFrame(() => {
    const input = document.getElementById(QTY_ID);
    if (input instanceof HTMLInputElement) { input.focus(); input.select(); }
  });
}

function placeOf(key: string): (() => void) | undefined {
  const place: Place | undefined = PLACES[Number(key) - 1];
  if (!place || (place === "operator" && !isOperator.value)) return undefined;
  return () => {
    if (place !== "trade" && place !== "settings" && !signedIn.value) asking.value = true;
    else location.hash = address(place, place === "trade" ? chosen.value : "");
  };
}
