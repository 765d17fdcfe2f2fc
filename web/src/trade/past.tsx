// What is over: orders that ended, and fills.

import { useEffect } from "preact/hooks";
import { divide, places, sign } from "../exact/decimal";
import { More, usePages } from "../parts/pages";
import { type Column, Table } from "../parts/table";
import { moment, number } from "../say/format";
import { say, sayOf } from "../say/language";
import { ended, fills } from "../store/account";
import { account } from "../store/session";
import { instruments } from "../store/venue";
import { get } from "../wire/rest";
import type { Fill, Order, OrderPage } from "../wire/types";
import { instrumentColumn, kindText, sideColumn } from "./open-orders";

const PAGE = 100;
const SETTLE_MS = 600; // History on disk comes a moment after the event.

export function OrderHistory({ instrument }: { instrument: string }) {
  const pages = usePages<Order>((cursor) => get<OrderPage>("/v1/order-history", { account: account.value, query: { instrument, limit: PAGE, cursor } }));
  const { rows, problem, load } = pages;
  useEffect(() => {
    void load();
    const timer = setTimeout(() => void load(), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [account.value, instrument, ended.value]);

  const columns: Column<Order>[] = [
    { key: "time", label: say("col.time"), cell: (order) => moment(order.entry_ns) },
    instrumentColumn(), sideColumn(),
    { key: "kind", label: say("col.kind"), class: "wide", cell: kindText },
    { key: "price", label: say("col.price"), kind: "num", cell: (order) => number(order.price) },
    { key: "qty", label: say("col.qty"), kind: "num", cell: (order) => number(order.qty) },
    { key: "cum", label: say("col.cum"), kind: "num", cell: (order) => number(order.cum) },
    { key: "average", label: say("col.average"), kind: "num", class: "wide", cell: average },
    { key: "status", label: say("col.status"), cell: (order) => <span title={order.reason ? sayOf("reason", order.reason) : undefined}>{sayOf("order_status", order.status)}</span> },
    { key: "reason", label: say("col.reason"), class: "wide extra", cell: (order) => (order.reason ? sayOf("reason", order.reason) : "") },
  ];
  return (
    <>
      <Table label={say("dock.history")} columns={columns} rows={rows} keyOf={(order) => order.order_id} empty={problem || say("history.none")} />
      <More pages={pages} />
    </>
  );
}

/** Of the order's fills, where the answer has them. */
function average(order: Order): string {
  const tick = instruments.value.get(order.instrument)?.tick ?? "0.01";
  let [cost, qty] = [0n, 0n];
  const [priceScale, qtyScale] = [8, 8];
  for (const fill of order.fills) {
    const [p, q] = [scaled(fill.price, priceScale), scaled(fill.qty, qtyScale)];
    cost += p * q;
    qty += q;
  }
  return qty ? number(divide(String(cost / qty), String(10 ** priceScale), places(tick))) : number(null);
}

function scaled(text: string, scale: number): bigint {
  const [whole = "0", part = ""] = text.split(".");
  return BigInt(whole + part.slice(0, scale).padEnd(scale, "0"));
}

export function Fills({ instrument }: { instrument: string }) {
  const rows = fills.value.filter((fill) => !instrument || fill.instrument === instrument);
  const columns: Column<Fill>[] = [
    { key: "time", label: say("col.time"), cell: (fill) => moment(fill.ts_ns) },
    instrumentColumn(), sideColumn(),
    { key: "price", label: say("col.price"), kind: "num", cell: (fill) => number(fill.price) },
    { key: "qty", label: say("col.qty"), kind: "num", cell: (fill) => number(fill.qty) },
    { key: "fee", label: say("col.fee"), kind: "num", cell: (fill) => <span class={sign(fill.fee) < 0 ? "up" : ""}>{number(fill.fee)} <small class="muted">{quoteOf(fill)}</small></span> },
    { key: "role", label: say("col.role"), class: "wide", cell: (fill) => sayOf("role", fill.role) },
    { key: "order", label: say("col.order"), kind: "num", class: "wide extra", cell: (fill) => fill.order_id },
  ];
  return <Table label={say("dock.fills")} columns={columns} rows={rows} keyOf={(fill) => `${fill.seq} ${fill.order_id} ${fill.price} ${fill.leaves}`} empty={say("fills.none")} />;
}

function quoteOf(fill: Fill): string {
  return instruments.value.get(fill.instrument)?.quote ?? "";
}
