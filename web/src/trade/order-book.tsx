// The order book: levels with cumulative bars; a press on one takes its price into the ticket.

import { computed, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { add, approximate, compare, type Dec, multiply, places, sign, subtract, toStep, withPlaces } from "../exact/decimal";
import { Select } from "../parts/field";
import { NONE, number } from "../say/format";
import { say } from "../say/language";
import { orders } from "../store/account";
import { book, chosen, instrument, quote } from "../store/market";
import { qty, takePrice } from "../store/ticket";
import type { Level } from "../wire/depth";

const ROW_PX = 20;
const GROUPS = ["1", "2", "5", "10", "20", "50", "100", "500", "1000"] as const;
const group = signal<string>("1");

interface Row {
  price: Dec;
  qty: Dec;
  total: Dec;
  orders: number;
  part: number; // Of the widest bar.
  own: boolean;
}

const ownPrices = computed(() => new Set(orders.value.filter((order) => order.instrument === chosen.value && !order.flags.includes("stop")).map((order) => `${order.side} ${withPlaces(order.price, 0)}`)));

export function OrderBook() {
  const body = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(12);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setCount(Math.max(3, Math.floor((entry.contentRect.height - 30) / 2 / ROW_PX)));
    });
    if (body.current) observer.observe(body.current);
    return () => observer.disconnect();
  }, []);

  const what = instrument.value;
  const step = what ? multiply(what.tick, group.value) : "1";
  const shown = book.value;
  const bids = levelsOf(shown.bids, step, count, "buy");
  const asks = levelsOf(shown.asks, step, count, "sell");
  const most = Math.max(approximate(bids.at(-1)?.total), approximate(asks.at(-1)?.total)) || 1;
  for (const row of [...bids, ...asks]) row.part = approximate(row.total) / most;
  return (
    <section class="pane book" aria-labelledby="book-title">
      <header class="pane-head">
        <h2 id="book-title">{say("book.title")}</h2>
        <Select
          label={say("book.group")} hideLabel value={group.value} onValue={(value) => { group.value = value; }} class="small"
          options={GROUPS.map((value) => ({ value, label: what ? number(multiply(what.tick, value)) : value }))}
        />
      </header>
      <div class="book-columns" aria-hidden="true"><span>{say("book.price", { unit: what?.quote ?? "" })}</span><span>{say("book.qty", { unit: what?.base ?? "" })}</span><span>{say("book.total")}</span></div>
      <div class="book-body" ref={body}>
        <Side name="asks" label={say("book.asks")} rows={asks} count={count} lot={what?.lot ?? "1"} />
        <Middle />
        <Side name="bids" label={say("book.bids")} rows={bids} count={count} lot={what?.lot ?? "1"} />
      </div>
    </section>
  );
}

function Middle() {
  const now = quote.value;
  const { bids, asks } = book.value;
  const spread = bids[0] && asks[0] ? subtract(asks[0][0], bids[0][0]) : null;
  const before = useRef({ name: "", last: "", way: "flat" });
  const last = now?.last ?? "";
  if (before.current.name !== chosen.value) before.current = { name: chosen.value, last, way: "flat" };
  else if (last && before.current.last && last !== before.current.last) before.current = { name: chosen.value, last, way: compare(last, before.current.last) > 0 ? "up" : "down" };
  return (
    <p class="book-middle num">
      <span class={`middle-last ${before.current.way}`}>{number(now?.last)}</span>
      <span class="muted">{spread ? say("book.spread", { spread: number(spread) }) : NONE}</span>
    </p>
  );
}

function Side({ name, label, rows, count, lot }: { name: "asks" | "bids"; label: string; rows: Row[]; count: number; lot: Dec }) {
  const scale = places(lot);
  const walk = (event: KeyboardEvent) => {
    const at = event.target as HTMLElement;
    const item = at.parentElement;
    const next = { ArrowDown: item?.nextElementSibling, ArrowUp: item?.previousElementSibling }[event.key]?.querySelector("button");
    if (!next || next.disabled) return;
    event.preventDefault();
    at.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
  const order = name === "asks" ? Array.from({ length: count }, (_, at) => count - 1 - at) : Array.from({ length: count }, (_, at) => at);
  return (
    <ol class={`levels ${name}`} aria-label={label} onKeyDown={walk}>
      {order.map((at) => {
        const row = rows[at];
        return (
          <li key={at} aria-hidden={row ? undefined : true} style={{ "--part": row ? row.part.toFixed(4) : "0" }}>
            <button
              type="button" class="num" tabIndex={at === 0 ? 0 : -1} disabled={!row} data-own={row?.own ? "" : undefined}
              onClick={(event) => { if (!row) return; takePrice(row.price); if (event.shiftKey) qty.value = withPlaces(row.total, scale); }}
            >
              <span>{row ? number(row.price) : ""}</span>
              <span>{row ? number(withPlaces(row.qty, scale)) : ""}</span>
              <span>{row ? number(withPlaces(row.total, scale)) : ""}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** The first `count` levels in steps of `step`, bids gathered downwards and asks upwards, with running totals. */
function levelsOf(levels: readonly Level[], step: Dec, count: number, side: "buy" | "sell"): Row[] {
  const rows: Row[] = [];
  let total = "0";
  for (const [price, amount, number_] of levels) {
    const at = toStep(price, step, side === "buy" ? "down" : "up");
    if (sign(at) === 0) continue;
    let row = rows.at(-1);
    if (!row || compare(row.price, at) !== 0) {
      if (rows.length === count) break;
      row = { price: at, qty: "0", total, orders: 0, part: 0, own: false };
      rows.push(row);
    }
    total = add(total, amount);
    row.qty = add(row.qty, amount);
    row.total = total;
    row.orders += number_;
    row.own ||= ownPrices.value.has(`${side} ${withPlaces(price, 0)}`);
  }
  return rows;
}
