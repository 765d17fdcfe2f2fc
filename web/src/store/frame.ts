// At most one update of the screen an animation frame, however much arrives.

import { batch } from "@preact/signals";

const waiting = new Map<unknown, () => void>();
let asked = false;

/** Do this before the next frame; a later call with the same key takes the place of an earlier one. */
export function beforeFrame(key: unknown, act: () => void): void {
  waiting.set(key, act);
  if (asked) return;
  asked = true;
  requestAnimationFrame(flush);
}

const due = new Map<unknown, number>(); // Key: when it may be drawn again.

/** As `beforeFrame`, and no sooner than `ms` after the last time: for pictures, which nobody reads twenty times a second. */
export function atMostEach(ms: number, key: unknown, act: () => void): void {
  const now = performance.now();
  const when = due.get(key) ?? 0;
  if (now >= when) {
    due.set(key, now + ms);
    beforeFrame(key, act);
    return;
  }
  clearTimeout(late.get(key));
  late.set(key, setTimeout(() => { late.delete(key); due.set(key, performance.now() + ms); beforeFrame(key, act); }, when - now));
}

const late = new Map<unknown, ReturnType<typeof setTimeout>>();

/** Never mind about this key any more. */
export function forget(key: unknown): void {
  clearTimeout(late.get(key));
  for (const map of [late, due, waiting]) map.delete(key);
}

function flush(): void {
  asked = false;
  const acts = [...waiting.values()];
  waiting.clear();
  batch(() => { for (const act of acts) act(); });
}
