// A measurement of the last minutes as a line, with its latest value beside it.

const [WIDE, HIGH] = [240, 64];
const SLOTS = 180;

export function RateChart({ label, values, now, unit }: { label: string; values: readonly number[]; now: string; unit: string }) {
  const most = Math.max(1e-9, ...values);
  const step = WIDE / (SLOTS - 1);
  const start = WIDE - (values.length - 1) * step;
  const points = values.map((value, at) => `${(start + at * step).toFixed(1)} ${(HIGH - 2 - (value / most) * (HIGH - 8)).toFixed(1)}`);
  return (
    <figure class="rate">
      <figcaption><span class="muted">{label}</span><b class="num">{now}</b><span class="muted">{unit}</span></figcaption>
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
        {points.length > 1 ? <><path class="area" d={`M${start.toFixed(1)} ${HIGH}L${points.join("L")}L${WIDE} ${HIGH}Z`} /><path class="line" d={`M${points.join("L")}`} vector-effect="non-scaling-stroke" /></> : null}
      </svg>
    </figure>
  );
}
