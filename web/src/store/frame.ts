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

function flush(): void {
  asked = false;
  const acts = [...waiting.values()];
  waiting.clear();
  batch(() => { for (const act of acts) act(); });
}
