// Whether prices are explosive: the venue's gauges, live.

import { signal } from "@preact/signals";
import type { Gauge } from "../wire/types";
import { beforeFrame } from "./frame";
import { stream } from "./venue";

/** By instrument. */
export const gauges = signal<ReadonlyMap<string, Gauge>>(new Map());

export function followGauges(): void {
  const kept = new Map<string, Gauge>();
  stream.follow({ channel: "gauges" }, {
    take(message) {
      if (message.type !== "gauges") return;
      for (const one of message.items) kept.set(one.instrument, one);
      beforeFrame("gauges", () => { gauges.value = new Map(kept); });
    },
  });
}
