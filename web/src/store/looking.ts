// Asking the venue again and again while somebody looks, for what comes by no stream.

/** Ask now and every `everyMs` while the page is on show; the answer ends it. */
export function lookEvery(everyMs: number, ask: () => Promise<unknown>): () => void {
  let timer = 0;
  let isEnded = false;
  const look = () => {
    if (isEnded) return;
    if (document.hidden) { addEventListener("visibilitychange", look, { once: true }); return; }
    void ask().catch(() => undefined).finally(() => { if (!isEnded) timer = window.setTimeout(look, everyMs); }); // What is on show stays.
  };
  look();
  return () => {
    isEnded = true;
    clearTimeout(timer);
    removeEventListener("visibilitychange", look);
  };
}
