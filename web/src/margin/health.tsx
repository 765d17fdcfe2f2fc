// How healthy the account is: equity against what it needs, as one bar.

import { approximate, sign } from "../exact/decimal";
import { Facts } from "../parts/panel";
import { money, number } from "../say/format";
import { say, sayOf } from "../say/language";
import type { MarginSummary } from "../wire/types";

export function Health({ now }: { now: MarginSummary }) {
  const most = Math.max(approximate(now.equity), approximate(now.required), 1);
  const part = (value: string) => `${((100 * Math.max(0, approximate(value))) / most).toFixed(2)}%`;
  const state = now.stage !== "none" ? "bad" : sign(now.available) < 0 ? "warn" : "good";
  return (
    <div class="health" data-state={state}>
      <div class="health-bar" role="img" aria-label={say("margin.bar", { equity: money(now.equity), required: money(now.required), maintenance: money(now.maintenance) })}>
        <span class="equity" style={{ width: part(now.equity) }} />
        <span class="required" style={{ left: part(now.required) }} />
        <span class="maintenance" style={{ left: part(now.maintenance) }} />
      </div>
      <p class={state === "good" ? "muted" : "bad"}>{now.stage === "none" ? say(state === "good" ? "margin.state_good" : "margin.state_warn") : sayOf("stage", now.stage)}</p>
      <Facts items={[
        [say("margin.equity"), money(now.equity)],
        [say("margin.required"), money(now.required)],
        [say("margin.available"), money(now.available)],
        [say("margin.maintenance"), money(now.maintenance)],
        [say("margin.order_risk"), money(now.order_risk)],
        [say("margin.leverage"), now.leverage ? `${number(now.leverage)}×` : "0×"],
      ]} />
      {now.borrowed.length ? (
        <Facts items={now.borrowed.map((loan) => [say("margin.loan", { asset: loan.asset }), say("margin.loan_rate", { amount: number(loan.amount), rate: number(loan.rate) })] as const)} />
      ) : null}
    </div>
  );
}
