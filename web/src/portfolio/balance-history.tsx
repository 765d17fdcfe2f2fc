// How the balance of one asset came to be: its ledger, summed backwards from what is there now.

import { useEffect, useState } from "preact/hooks";
import { approximate, subtract, type Dec } from "../exact/decimal";
import { milliseconds } from "../exact/time";
import { day, clock, number } from "../say/format";
import { say } from "../say/language";
import { balances } from "../store/account";
import { account } from "../store/session";
import { get } from "../wire/rest";
import type { Entry, EntryPage } from "../wire/types";

const ENTRIES = 500;
const [WIDE, HIGH] = [600, 150];

interface Point {
  ns: string;
  total: Dec; // After the entry.
}

export function BalanceHistory({ asset }: { asset: string }) {
  const [entries, setEntries] = useState<Entry[]>([]);
  const total = balances.value.get(asset)?.total ?? "0";
  useEffect(() => {
    let ended = false;
    const timer = setTimeout(() => {
      get<EntryPage>("/v1/ledger", { account: account.value, query: { asset, limit: ENTRIES } })
        .then((page) => { if (!ended) setEntries(page.items.filter((entry) => entry.asset === asset)); })
        .catch(() => { if (!ended) setEntries([]); }); // Without history there is no picture, which the text below says.
    }, 400);
    return () => { ended = true; clearTimeout(timer); };
  }, [asset, account.value, total]);

  const points = pointsOf(entries, total);
  if (points.length < 2) return <p class="empty">{say("balance_history.none", { asset })}</p>;
  const values = points.map((point) => approximate(point.total));
  const [first, last] = [points[0]!, points.at(-1)!];
  const [start, end] = [milliseconds(first.ns), Math.max(milliseconds(last.ns), milliseconds(first.ns) + 1)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || Math.abs(high) || 1;
  const x = (ns: string) => ((milliseconds(ns) - start) / (end - start)) * WIDE;
  const y = (value: number) => HIGH - 8 - ((value - low) / span) * (HIGH - 20);
  const line = points.map((point, at) => (at ? `H${x(point.ns).toFixed(1)}V${y(values[at]!).toFixed(1)}` : `M0 ${y(values[0]!).toFixed(1)}`)).join("");
  return (
    <figure class="balance-history">
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" role="img" aria-label={say("balance_history.label", { asset, from: number(first.total), to: number(last.total) })}>
        <path d={`${line}H${WIDE}V${HIGH}H0Z`} class="area" />
        <path d={`${line}H${WIDE}`} class="line" vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption class="num"><span>{day(first.ns)} {clock(first.ns)}</span><span>{say("balance_history.range", { low: number(String(extreme(points, 1))), high: number(String(extreme(points, -1))), asset })}</span><span>{day(last.ns)} {clock(last.ns)}</span></figcaption>
    </figure>
  );
}

/** Oldest first. `entries` come newest first; the total after the newest is what is there now. */
function pointsOf(entries: readonly Entry[], total: Dec): Point[] {
  const points: Point[] = [];
  let after = total;
  for (const entry of entries) {
    points.push({ ns: entry.ts_ns, total: after });
    after = subtract(after, entry.amount);
  }
  const oldest = entries.at(-1);
  if (oldest) points.push({ ns: oldest.ts_ns, total: after });
  return points.reverse();
}

function extreme(points: readonly Point[], way: 1 | -1): Dec {
  return points.reduce((best, point) => ((approximate(point.total) - approximate(best.total)) * way < 0 ? point : best)).total;
}
