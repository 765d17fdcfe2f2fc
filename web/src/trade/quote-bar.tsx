// The instrument on show: what it is, where it stands, and the day's figures.

import { useEffect } from "preact/hooks";
import { places, subtract } from "../exact/decimal";
import { Icon } from "../parts/icon";
import { NONE, number, percent, short, trend } from "../say/format";
import { say, sayOf } from "../say/language";
import { chosen, instrument, quote } from "../store/market";
import { ContractFacts } from "../contracts/facts";
import { GaugeButton } from "./gauge";
import { titleOf } from "./watch-list";

export function QuoteBar({ onPick }: { onPick: () => void }) {
  const what = instrument.value;
  const now = quote.value;
  useEffect(() => {
    document.title = now?.last ? `${number(now.last)} ${chosen.value} \u00b7 ${say("brand")}` : say("brand");
  }, [now?.last, chosen.value]);
  const spread = now?.bid && now.ask ? subtract(now.ask, now.bid) : null;
  return (
    <section class="pane quote" aria-labelledby="instrument">
      <div class="quote-what">
        <h1 id="instrument"><button type="button" class="pick" aria-haspopup="dialog" onClick={onPick}>{chosen.value || NONE}<Icon name="down" /></button></h1>
        <p><span>{what ? titleOf(what) : NONE}</span>{what ? <span class={`chip ${what.status === "open" ? "" : "warn"}`}>{sayOf("status", what.status)}</span> : null}{what ? <GaugeButton name={what.name} /> : null}</p>
      </div>
      <p class={`quote-last num ${trend(now?.change)}`} data-testid="last">{number(now?.last)}</p>
      <ContractFacts />
      <dl class="quote-facts num">
        <Fact label={say("quote.change")} value={percent(now?.change)} kind={trend(now?.change)} />
        {what?.contract ? null : <Fact label={say("quote.bid")} value={number(now?.bid)} />}
        {what?.contract ? null : <Fact label={say("quote.ask")} value={number(now?.ask)} />}
        {what?.contract ? null : <Fact label={say("quote.spread")} value={number(spread)} kind="third" />}
        <Fact label={say("quote.high")} value={number(now?.high)} kind="fourth" />
        <Fact label={say("quote.low")} value={number(now?.low)} kind="fourth" />
        <Fact label={say("quote.volume")} value={what && now ? `${short(now.qty)} ${what.base}` : NONE} kind="second" />
        <Fact label={say("quote.turnover")} value={what && now ? `${short(whole(now.turnover))} ${what.quote}` : NONE} kind="third" />
      </dl>
    </section>
  );
}

function whole(text: string): string {
  return places(text) ? text.slice(0, text.indexOf(".")) : text;
}

function Fact({ label, value, kind = "" }: { label: string; value: string; kind?: string }) {
  return <div class={kind}><dt>{label}</dt><dd class={kind}>{value}</dd></div>;
}
