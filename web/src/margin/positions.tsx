// What the account holds of contracts, and closing it.

import { useState } from "preact/hooks";
import { sign } from "../exact/decimal";
import { type Column, Table } from "../parts/table";
import { money, number, trend } from "../say/format";
import { say } from "../say/language";
import { margin } from "../store/margin";
import { attempt } from "../store/notices";
import { account } from "../store/session";
import { post } from "../wire/rest";
import type { Order, PlaceOrder, Position } from "../wire/types";
import { instrumentColumn } from "../trade/open-orders";

export function Positions({ rows }: { rows: readonly Position[] }) {
  const [busy, setBusy] = useState("");
  const close = async (one: Position) => {
    setBusy(one.instrument);
    const order: PlaceOrder = { instrument: one.instrument, side: sign(one.qty) > 0 ? "sell" : "buy", qty: one.qty.replace("-", ""), market: true, tif: "ioc", reduce_only: true };
    await attempt(() => post<Order>("/v1/orders", order, { account: account.peek() }), (answer) => say("positions.closed", { qty: number(answer.cum), instrument: one.instrument }));
    setBusy("");
  };
  const columns: Column<Position>[] = [
    instrumentColumn(),
    { key: "side", label: say("col.side"), cell: (one) => <span class={sign(one.qty) > 0 ? "buy" : "sell"}>{say(sign(one.qty) > 0 ? "positions.long" : "positions.short")}</span> },
    { key: "qty", label: say("col.qty"), kind: "num", cell: (one) => number(one.qty) },
    { key: "entry", label: say("positions.entry"), kind: "num", cell: (one) => number(one.entry) },
    { key: "mark", label: say("contract.mark"), kind: "num", cell: (one) => number(one.mark) },
    { key: "gain", label: say("positions.gain"), kind: "num", cell: (one) => <span class={trend(one.unrealized)}>{money(one.unrealized)}</span> },
    { key: "liquidation", label: say("positions.liquidation"), kind: "num", class: "wide", cell: (one) => number(one.liquidation) },
    { key: "value", label: say("positions.value"), kind: "num", class: "wide", cell: (one) => `${money(one.value)} ${one.settle}` },
    {
      key: "act", label: say("col.act"), kind: "act", hideLabel: true,
      cell: (one) => (sign(one.qty) === 0 ? null : <button type="button" class="quiet small" disabled={busy === one.instrument} onClick={() => void close(one)}>{say("positions.close")}</button>),
    },
  ];
  const none = margin.value?.mode === "cash" ? say("positions.cash") : say("positions.none");
  return <Table label={say("dock.positions")} class="orders" columns={columns} rows={rows} keyOf={(one) => one.instrument} empty={none} />;
}
