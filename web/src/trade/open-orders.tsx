// Open orders, changed and cancelled where they stand.

import { useEffect, useRef, useState } from "preact/hooks";
import { approximate, isDecimal } from "../exact/decimal";
import { Icon } from "../parts/icon";
import { type Column, Table } from "../parts/table";
import { moment, number } from "../say/format";
import { say, sayOf } from "../say/language";
import { choose } from "../store/market";
import { cancel, replace } from "../store/orders";
import type { Order } from "../wire/types";

export function OpenOrders({ rows }: { rows: readonly Order[] }) {
  const [editing, setEditing] = useState<number | null>(null);
  const [price, setPrice] = useState("");
  const [qty, setQty] = useState("");
  const [busy, setBusy] = useState(0);
  const back = useRef<HTMLElement | null>(null);

  const edit = (order: Order, button: HTMLElement) => {
    back.current = button;
    setEditing(order.order_id);
    setPrice(order.price);
    setQty(order.qty);
  };
  const leave = () => {
    setEditing(null);
    requestAnimationFrame(() => back.current?.focus());
  };
  const save = async (order: Order) => {
    const change = { ...(price !== order.price && isDecimal(price) ? { price } : {}), ...(qty !== order.qty && isDecimal(qty) ? { qty } : {}) };
    if (Object.keys(change).length === 0) return leave();
    setBusy(order.order_id);
    if (await replace(order, change)) leave();
    setBusy(0);
  };
  const stop = async (order: Order) => {
    setBusy(order.order_id);
    await cancel(order);
    setBusy(0);
  };
  const keys = (order: Order) => (event: KeyboardEvent) => {
    if (event.key === "Enter") { event.preventDefault(); void save(order); }
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); leave(); }
  };
  const input = (order: Order, label: string, value: string, onValue: (value: string) => void, first: boolean) => (
    <EditCell label={label} value={value} onValue={onValue} onKeyDown={keys(order)} first={first} />
  );

  const columns: Column<Order>[] = [
    { key: "time", label: say("col.time"), class: "wide", cell: (order) => moment(order.entry_ns) },
    instrumentColumn(), sideColumn(),
    { key: "kind", label: say("col.kind"), class: "wide", cell: kindText },
    {
      key: "price", label: say("col.price"), kind: "num",
      cell: (order) => (editing === order.order_id && !isMarket(order) ? input(order, say("col.price"), price, setPrice, true) : number(order.price)),
    },
    { key: "trigger", label: say("col.trigger"), kind: "num", class: "wide", cell: (order) => number(order.trigger) },
    {
      key: "qty", label: say("col.qty"), kind: "num",
      cell: (order) => (editing === order.order_id ? input(order, say("col.qty"), qty, setQty, isMarket(order)) : number(order.qty)),
    },
    { key: "cum", label: say("col.cum"), kind: "num", cell: (order) => <Done order={order} /> },
    { key: "id", label: say("col.client_id"), class: "wide extra", cell: (order) => order.cl_ord_id ?? "" },
    {
      key: "act", label: say("col.act"), kind: "act", hideLabel: true,
      cell: (order) => (editing === order.order_id ? (
        <span class="acts">
          <button type="button" class="square good" aria-label={say("act.save")} title={say("act.save")} disabled={busy === order.order_id} onClick={() => void save(order)}><Icon name="check" /></button>
          <button type="button" class="square quiet" aria-label={say("act.back")} title={say("act.back")} onClick={leave}><Icon name="close" /></button>
        </span>
      ) : (
        <span class="acts">
          <button type="button" class="square quiet" aria-label={say("orders.edit", { id: order.order_id })} title={say("act.edit")} onClick={(event) => edit(order, event.currentTarget)}><Icon name="edit" /></button>
          <button type="button" class="square quiet bad" aria-label={say("orders.cancel", { id: order.order_id })} title={say("act.cancel")} disabled={busy === order.order_id} onClick={() => void stop(order)}><Icon name="close" /></button>
        </span>
      )),
    },
  ];
  return <Table label={say("dock.orders")} class="orders" columns={columns} rows={rows} keyOf={(order) => order.order_id} empty={say("orders.none")} />;
}

function EditCell({ label, value, onValue, onKeyDown, first }: { label: string; value: string; onValue: (value: string) => void; onKeyDown: (event: KeyboardEvent) => void; first: boolean }) {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => { if (first) ref.current?.select(); }, []);
  return <input ref={ref} class="edit num" inputMode="decimal" aria-label={label} value={value} size={Math.max(6, value.length)} onInput={(event) => onValue(event.currentTarget.value.trim())} onKeyDown={onKeyDown} />;
}

function Done({ order }: { order: Order }) {
  const part = approximate(order.qty) ? approximate(order.cum) / approximate(order.qty) : 0;
  return <span class="done" style={{ "--part": part.toFixed(3) }}>{number(order.cum)}</span>;
}

export function isMarket(order: Order): boolean {
  return order.flags.includes("market");
}

/** "Limit, post only, iceberg": what kind of order it is, in the reader's words. */
export function kindText(order: Order): string {
  const stop = order.flags.includes("stop");
  const waits = order.trail ? "trail" : order.flags.includes("take_profit") ? "take" : isMarket(order) ? "stop" : "stop_limit";
  const kind = stop ? waits : isMarket(order) ? "market" : order.display ? "iceberg" : "limit";
  const more = [
    order.flags.includes("post_only") ? say("ticket.post_only") : "", order.flags.includes("reduce_only") ? say("ticket.reduce_only") : "",
    stop && order.trigger_by !== "last" ? sayOf("trigger_by", order.trigger_by) : "", order.link ? sayOf("link_kind", order.link) : "",
  ].filter(Boolean).map((text) => ` · ${text}`).join("");
  const tif = order.tif === "gtc" ? "" : ` · ${order.tif.toUpperCase()}`;
  return sayOf("kind", kind) + tif + more;
}

export function instrumentColumn<T extends { instrument: string }>(): Column<T> {
  return { key: "instrument", label: say("col.instrument"), cell: (row) => <button type="button" class="link strong" tabIndex={-1} onClick={() => choose(row.instrument)}>{row.instrument}</button> };
}

export function sideColumn<T extends { side: "buy" | "sell" }>(): Column<T> {
  return { key: "side", label: say("col.side"), cell: (row) => <span class={row.side}>{sayOf("side", row.side)}</span> };
}
