// A risk group as a picture: the account's gain or loss in each of its scenarios, the worst one marked.

import { approximate } from "../exact/decimal";
import type { MarginGroup } from "../wire/types";

const WIDTH = 320;
const HEIGHT = 96;
const EDGE = 3;

export function ScenarioPicture({ group, label }: { group: MarginGroup; label: string }) {
  const values = group.scenarios.map(approximate); // For a picture; never for money.
  const top = Math.max(0, ...values);
  const low = Math.min(0, ...values);
  const span = top - low || 1;
  const y = (value: number) => EDGE + ((HEIGHT - 2 * EDGE) * (top - value)) / span;
  const step = WIDTH / Math.max(1, values.length);
  return (
    <svg class="scenarios" role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
      {values.map((value, at) => (
        <rect
          key={at} class={`${value < 0 ? "loss" : "gain"} ${at === group.scenario && !group.is_short_minimum ? "worst" : ""}`}
          x={(at * step + 1).toFixed(1)} width={(step - 2).toFixed(1)} y={Math.min(y(0), y(value)).toFixed(1)} height={Math.max(1, Math.abs(y(value) - y(0))).toFixed(1)}
        />
      ))}
      <line class="zero" x1={0} x2={WIDTH} y1={y(0)} y2={y(0)} />
    </svg>
  );
}
