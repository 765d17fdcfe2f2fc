// Orders that the venue slices over a time, while they run.

import { approximate } from "../exact/decimal";
import { type Column, Table } from "../parts/table";
import { moment, number } from "../say/format";
import { say } from "../say/language";
import { stopTwap, twaps } from "../store/margin";
import { instrumentColumn, sideColumn } from "../trade/open-orders";
import type { Twap } from "../wire/types";

export function Twaps() {
  const running = twaps.value.filter((one) => one.status === "running");
  if (!running.length) return null;
  const columns: Column<Twap>[] = [
    instrumentColumn(), sideColumn(),
    { key: "qty", label: say("col.qty"), kind: "num", cell: (one) => number(one.qty) },
    { key: "done", label: say("col.cum"), kind: "num", cell: (one) => <span class="done" style={{ "--part": (approximate(one.done) / (approximate(one.qty) || 1)).toFixed(3) }}>{number(one.done)}</span> },
    { key: "end", label: say("twap.until"), kind: "num", cell: (one) => moment(one.end_ns) },
    { key: "act", label: say("col.act"), kind: "act", hideLabel: true, cell: (one) => <button type="button" class="quiet bad small" onClick={() => void stopTwap(one)}>{say("act.cancel")}</button> },
  ];
  return <Table label={say("twap.title")} columns={columns} rows={running} keyOf={(one) => one.twap_id} empty="" />;
}
