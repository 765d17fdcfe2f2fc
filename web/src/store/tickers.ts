// How everything trades now: one signal an instrument, so that a change redraws one row.

import { signal, type Signal } from "@preact/signals";
import type { Ticker } from "../wire/types";
import { atMostEach } from "./frame";
import { stream } from "./venue";

const SHOWN_MS = 100;
const signals = new Map<string, Signal<Ticker | null>>();
const arrived = new Map<string, Ticker>();

/** The ticker of an instrument; null until there is one. */
export function ticker(instrument: string): Signal<Ticker | null> {
  let found = signals.get(instrument);
  if (!found) signals.set(instrument, (found = signal<Ticker | null>(null)));
  return found;
}

export function followTickers(): void {
  stream.follow({ channel: "ticker" }, {
    take(message) {
      if (message.type !== "ticker") return;
      for (const item of message.items) arrived.set(item.instrument, item);
      atMostEach(SHOWN_MS, "tickers", () => {
        for (const [name, item] of arrived) ticker(name).value = item;
        arrived.clear();
      });
    },
  });
}
