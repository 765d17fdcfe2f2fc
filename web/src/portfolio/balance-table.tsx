// What the account has of each asset.

import { approximate, compare, sign } from "../exact/decimal";
import { type Column, Table } from "../parts/table";
import { money, number } from "../say/format";
import { say, sayOf } from "../say/language";
import { balances, valueAsset } from "../store/account";
import { account } from "../store/session";
import { assets } from "../store/venue";
import { valueOf, worth } from "../store/worth";
import type { Balance } from "../wire/types";

let order: { of: string; assets: string[] } = { of: "", assets: [] };

/** All balances, the most valuable first as they stood when they came: rows do not change places while prices move. */
export function rowsByValue(): Balance[] {
  const rows = [...balances.value.values()].filter((one) => sign(one.total) !== 0 || sign(one.held) !== 0);
  const priced = rows.filter((one) => valueOf(one) !== null).length;
  const of = `${account.value} ${rows.length} ${priced}`;
  if (order.of !== of) {
    const sorted = [...rows].sort((a, b) => compare(valueOf(b) ?? "0", valueOf(a) ?? "0") || (a.asset < b.asset ? -1 : 1));
    order = { of, assets: sorted.map((one) => one.asset) };
  }
  const place = new Map(order.assets.map((asset, at) => [asset, at]));
  return rows.sort((a, b) => (place.get(a.asset) ?? rows.length) - (place.get(b.asset) ?? rows.length));
}

export function BalanceTable({ onAsset, current }: { onAsset?: (asset: string) => void; current?: string }) {
  const whole = approximate(worth.value) || 1;
  const columns: Column<Balance>[] = [
    { key: "asset", label: say("col.asset"), cell: (one) => <><b>{one.asset}</b> <small class="muted wide">{sayOf("class", assets.value.get(one.asset)?.asset_class ?? "", "")}</small></> },
    { key: "total", label: say("col.total"), kind: "num", cell: (one) => number(one.total) },
    { key: "free", label: say("col.free"), kind: "num", cell: (one) => number(one.free) },
    { key: "in_orders", label: say("col.in_orders"), kind: "num", class: "wide", cell: (one) => number(one.in_orders) },
    { key: "held", label: say("col.held"), kind: "num", class: "wide", cell: (one) => number(one.held) },
    { key: "value", label: say("col.value", { unit: valueAsset.value ?? "" }), kind: "num", cell: (one) => money(valueOf(one)) },
    { key: "part", label: say("col.part"), kind: "num", class: "wide", cell: (one) => <span class="done" style={{ "--part": Math.max(0, approximate(valueOf(one)) / whole).toFixed(3) }}>{`${((approximate(valueOf(one)) / whole) * 100).toFixed(1)}%`}</span> },
  ];
  return (
    <Table
      label={say("dock.balances")} columns={columns} rows={rowsByValue()} keyOf={(one) => one.asset} empty={say("balances.none")}
      onRow={onAsset ? (one) => onAsset(one.asset) : undefined} current={current}
    />
  );
}
