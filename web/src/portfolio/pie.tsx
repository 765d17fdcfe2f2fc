// What the account's worth is made of, as a ring.

import { approximate, sign } from "../exact/decimal";
import { money } from "../say/format";
import { say } from "../say/language";
import { valueAsset } from "../store/account";
import { valueOf, worth } from "../store/worth";
import { rowsByValue } from "./balance-table";

const SLICES = 7; // More would be too thin to tell apart; the rest goes together.
const RADIUS = 42;
const ROUND = 2 * Math.PI * RADIUS;

export function Pie() {
  const rows = rowsByValue().map((one) => ({ name: one.asset, value: valueOf(one) ?? "0" })).filter((one) => sign(one.value) > 0);
  const whole = rows.reduce((sum, one) => sum + approximate(one.value), 0) || 1;
  const parts = rows.slice(0, SLICES).map((one) => ({ name: one.name, part: approximate(one.value) / whole }));
  const rest = 1 - parts.reduce((sum, one) => sum + one.part, 0);
  if (rows.length > SLICES) parts.push({ name: say("pie.rest"), part: rest });
  let from = 0;
  return (
    <div class="pie">
      <svg viewBox="0 0 120 120" role="img" aria-label={say("pie.label", { parts: parts.map((one) => `${one.name} ${shareText(one.part)}`).join(", ") })}>
        <circle cx="60" cy="60" r={RADIUS} class="ground" />
        {parts.map((one, at) => {
          const start = from;
          from += one.part;
          return <circle key={one.name} cx="60" cy="60" r={RADIUS} class={`slice s${at}`} stroke-dasharray={`${Math.max(0, one.part * ROUND - 1.2).toFixed(2)} ${ROUND.toFixed(2)}`} stroke-dashoffset={(-start * ROUND).toFixed(2)} />;
        })}
      </svg>
      <div class="pie-middle"><span class="muted">{say("portfolio.worth")}</span><b class="num" data-testid="worth">{money(worth.value)}</b><span class="muted">{valueAsset.value ?? ""}</span></div>
      <ul class="pie-key">
        {parts.map((one, at) => <li key={one.name}><i class={`s${at}`} /><span>{one.name}</span><span class="num">{shareText(one.part)}</span></li>)}
      </ul>
    </div>
  );
}

function shareText(part: number): string {
  return `${(part * 100).toFixed(1)}%`;
}
