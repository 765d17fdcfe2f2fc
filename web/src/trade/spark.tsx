// A small line of the day's closes, loaded once for each row and moved on with the last price.

import { useEffect, useState } from "preact/hooks";
import { approximate } from "../exact/decimal";
import { get } from "../wire/rest";
import type { Candle } from "../wire/types";
import { link } from "../store/venue";

const [WIDE, HIGH] = [52, 16];
const POINTS = 40;
const REFRESH_MS = 60_000;

export function Spark({ name }: { name: string }) {
  const [closes, setCloses] = useState<number[]>([]);
  const live = link.value === "live";
  useEffect(() => {
    if (!live) return;
    let ended = false;
    const load = async () => {
      for (const interval of ["15m", "1m", "5s"]) {
        const page = await get<{ items: Candle[] }>("/v1/candles", { query: { instrument: name, interval, limit: POINTS } });
        if (ended) return;
        if (page.items.length < POINTS / 2 && interval !== "5s") continue;
        setCloses(page.items.slice(-POINTS).map((candle) => approximate(candle.close)));
        return;
      }
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
