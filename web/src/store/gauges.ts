// Whether prices are explosive: the venue's gauges, asked for now and then while somebody looks.

import { signal } from "@preact/signals";
import { get } from "../wire/rest";
import type { Gauge } from "../wire/types";

const EVERY_MS = 10_000;
const WHEN_NONE_MS = 120_000; // The venue keeps none: a rare look whether that has changed.

/** By instrument. */
export const gauges = signal<ReadonlyMap<string, Gauge>>(new Map());

export function followGauges(): void {
  const look = () => {
    if (document.hidden) { addEventListener("visibilitychange", look, { once: true }); return; }
    get<{ items: Gauge[] }>("/v1/gauges")
      .then(({ items }) => { gauges.value = new Map(items.map((one) => [one.instrument, one])); })
      .catch(() => undefined) // Those on show stay as they were.
      .finally(() => setTimeout(look, gauges.value.size ? EVERY_MS : WHEN_NONE_MS));
  };
  look();
}
