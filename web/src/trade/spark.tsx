// A small line of the day's closes, loaded once for each row and moved on with the last price.

import { useEffect, useState } from "preact/hooks";
import { approximate } from "../exact/decimal";
import { get } from "../wire/rest";
import type { Candle } from "../wire/types";
import { link } from "../store/venue";

const [WIDE, HIGH] = [52, 16];
const POINTS = 40;
const REFRESH_MS = 60_000;

let grain: Promise<string> | null = null; // How fine the lines are: found out once, with the first of them.

/** The coarsest interval at which a line of this venue, old or young, has points enough. */
async function grainOf(name: string): Promise<string> {
  setTimeout(() => { grain = null; }, REFRESH_MS / 2);
  for (const interval of ["15m", "1m"]) if ((await candlesOf(name, interval)).length >= POINTS / 2) return interval;
  return "5s";
}

async function candlesOf(name: string, interval: string): Promise<Candle[]> {
  return (await get<{ items: Candle[] }>("/v1/candles", { query: { instrument: name, interval, limit: POINTS } })).items;
}

export function Spark({ name }: { name: string }) {
  const [closes, setCloses] = useState<number[]>([]);
  const live = link.value === "live";
  useEffect(() => {
    if (!live) return;
    let ended = false;
    const load = async () => {
      grain ??= grainOf(name);
      const page = await candlesOf(name, await grain);
      if (!ended) setCloses(page.map((candle) => approximate(candle.close)));
    };
    const run = () => { if (!document.hidden) void load().catch(() => undefined); }; // A line that is missing takes nothing away.
    run();
    const timer = setInterval(run, REFRESH_MS);
    return () => { ended = true; clearInterval(timer); };
  }, [name, live]);
  return (
    <svg class="spark" viewBox={`0 0 ${WIDE} ${HIGH}`} width={WIDE} height={HIGH} aria-hidden="true" focusable="false">
      {closes.length > 1 ? <path d={lineOf(closes)} class={closes.at(-1)! >= closes[0]! ? "up" : "down"} /> : null}
    </svg>
  );
}

function lineOf(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || 1;
  return values.map((value, at) => {
    const x = (at / (values.length - 1)) * WIDE;
    const y = HIGH - 1.5 - ((value - low) / span) * (HIGH - 3);
    return `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }).join("");
}
