// Why the margin is what it is: each group's scenarios as a picture, and what every holding adds in the worst one.

import { approximate, sign } from "../exact/decimal";
import { ScenarioPicture } from "../draw/scenario-picture";
import { Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { money, number, trend } from "../say/format";
import { say } from "../say/language";
import type { Explanation, MarginGroup, MarginPart } from "../wire/types";

export function Explained({ found }: { found: Explanation }) {
  const groups = [...found.groups].sort((a, b) => approximate(b.loss) - approximate(a.loss));
  const most = Math.max(1, ...groups.map((one) => approximate(one.loss)));
  return (
    <>
      <Panel title={say("margin.sum")} note={say("margin.sum_note")} class="span2">
        <ul class="margin-bars">
          {groups.map((one) => <Bar key={one.group_id} name={one.group} value={one.loss} part={approximate(one.loss) / most} />)}
          {found.addons.map((one) => <Bar key={`addon ${one.name}`} name={say("margin.addon", { name: one.name })} value={one.value} part={approximate(one.value) / most} />)}
          {sign(found.summary.order_risk) > 0 ? <Bar name={say("margin.order_risk")} value={found.summary.order_risk} part={approximate(found.summary.order_risk) / most} /> : null}
        </ul>
        <p class="margin-total"><span>{say("margin.required")}</span><b class="num" data-testid="required">{money(found.summary.required)}</b></p>
      </Panel>
      <Panel title={say("margin.collateral")} class=""><Parts label={say("margin.collateral")} rows={found.collateral} /></Panel>
      {groups.map((one) => <Group key={one.group_id} group={one} />)}
    </>
  );
}

function Bar({ name, value, part }: { name: string; value: string; part: number }) {
  return <li style={{ "--part": part.toFixed(4) }}><span>{name}</span><b class="num">{money(value)}</b></li>;
}

function Group({ group }: { group: MarginGroup }) {
  const decides = group.is_short_minimum ? say("margin.short_minimum") : group.scenario_title;
  return (
    <Panel title={group.group} note={say("margin.loss", { loss: money(group.loss) })}>
      <div class="scenario-box">
        <ScenarioPicture group={group} label={say("margin.picture", { group: group.group, scenario: decides, loss: money(group.loss) })} />
        <p class="muted">{say("margin.decides", { scenario: decides })}</p>
      </div>
      <Parts label={group.group} rows={group.parts} />
    </Panel>
  );
}

function Parts({ label, rows }: { label: string; rows: readonly MarginPart[] }) {
  const columns: Column<MarginPart>[] = [
    { key: "name", label: say("margin.holding"), cell: (one) => (one.is_order ? say("margin.of_orders", { name: one.name }) : one.name) },
    { key: "qty", label: say("col.qty"), kind: "num", cell: (one) => number(one.qty) },
    { key: "value", label: say("margin.part"), kind: "num", cell: (one) => <span class={trend(one.value)}>{money(one.value)}</span> },
  ];
  return <Table label={label} columns={columns} rows={rows} keyOf={(one) => `${one.name} ${String(one.is_order)}`} empty={say("margin.nothing")} />;
}
