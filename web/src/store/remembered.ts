// A setting of this browser that outlives the visit.

import { effect, signal, type Signal } from "@preact/signals";

const PREFIX = "emporion.";

/** A signal that starts as last left; text that `accepts` refuses counts as absent. */
export function remembered<T extends string>(name: string, initial: T, accepts: (text: string) => boolean): Signal<T> {
  const kept = read(PREFIX + name);
  const value = signal<T>(kept !== null && accepts(kept) ? (kept as T) : initial);
  let first = true;
  effect(() => {
    const text = value.value;
    if (!first) write(PREFIX + name, text); // What was never chosen is not written down.
    first = false;
  });
  return value;
}

// Storage may be forbidden altogether; then a setting lasts for the visit.
function read(name: string): string | null {
  try { return localStorage.getItem(name); } catch { return null; }
}

function write(name: string, text: string): void {
  try { localStorage.setItem(name, text); } catch { /* For the visit, then. */ }
}
