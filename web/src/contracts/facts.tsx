// What a contract has besides its trades: mark, index, funding and its countdown, open interest, expiry.

import { multiply, places } from "../exact/decimal";
import { milliseconds } from "../exact/time";
import { moment, NONE, number, percent, short, trend } from "../say/format";
import { say } from "../say/language";
import { contract } from "../store/contracts";
import { venueTime } from "../store/venue";

export function ContractFacts() {
  const one = contract.value;
  if (!one) return null;
  return (
    <dl class="quote-facts contract-facts num" data-testid="contract-facts">
      <Fact label={say("contract.mark")} value={number(one.mark)} />
      <Fact label={say("contract.index")} value={number(one.index)} />
      {one.kind === "perpetual" ? (
        <>
          <Fact label={say("contract.funding")} value={rate(one.funding_next ?? one.funding_rate)} kind={trend(one.funding_next ?? one.funding_rate)} />
          <Fact label={say("contract.next")} value={countdown(one.next_funding_ns)} />
        </>
      ) : null}
      {one.strike ? <Fact label={say("contract.strike")} value={number(one.strike)} /> : null}
      {one.expiry_ns ? <Fact label={say("contract.expiry")} value={moment(one.expiry_ns)} /> : null}
      {one.daily_price ? <Fact label={say("contract.daily")} value={number(one.daily_price)} kind="third" /> : null}
      {one.final_price ? <Fact label={say("contract.final")} value={number(one.final_price)} /> : null}
      <Fact label={say("contract.interest")} value={short(one.open_interest)} kind="third" />
    </dl>
  );
}

/** A fraction an hour as parts of a hundred, with four decimals. */
function rate(text: string | null): string {
  if (text === null) return NONE;
  const hundred = multiply(text, "100");
  const [whole = "0", part = ""] = hundred.split(".");
  return places(hundred) > 4 ? `${number(`${whole}.${part.slice(0, 4)}`)}%` : percent(hundred);
}

function countdown(ns: string | null): string {
  const now = venueTime.value;
  if (!ns || !now) return NONE;
  const left = Math.max(0, Math.floor((milliseconds(ns) - milliseconds(now)) / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(left / 3600))}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
}

function Fact({ label, value, kind = "" }: { label: string; value: string; kind?: string }) {
  return <div class={kind}><dt>{label}</dt><dd class={kind}>{value}</dd></div>;
}
