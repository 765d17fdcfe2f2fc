// Option chains: calls to the left, puts to the right, strikes between; a press on a price goes to its book.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { compare } from "../exact/decimal";
import { Panel } from "../parts/panel";
import { Segments } from "../parts/tabs";
import { day, measure, moment, NONE, number, short } from "../say/format";
import { say } from "../say/language";
import { chains, followChains } from "../store/contracts";
import { go } from "../store/route";
import type { OptionChain, OptionQuote } from "../wire/types";

const picked = signal("");

export function Options() {
  useEffect(followChains, []);
  const all = chains.value;
  const keyOf = (one: OptionChain) => `${one.underlying} ${one.expiry_ns}`;
  const shown = all?.find((one) => keyOf(one) === picked.value) ?? all?.[0];
  return (
    <main id="main" class="page single">
      <h1 class="hidden">{say("place.options")}</h1>
      <Panel title={say("options.title")} note={shown ? say("options.note", { underlying: shown.underlying, forward: number(shown.forward), expiry: moment(shown.expiry_ns) }) : ""}>
        {all && all.length > 1 ? (
          <Segments label={say("options.expiry")} value={shown ? keyOf(shown) : ""} onChoose={(value) => { picked.value = value; }} choices={all.map((one) => ({ value: keyOf(one), label: `${one.underlying} ${day(one.expiry_ns)}` }))} />
        ) : null}
        {shown ? <Chain chain={shown} /> : <p class="empty">{all ? say("options.none") : say("watch.loading")}</p>}
      </Panel>
    </main>
  );
}

const SIDES = ["iv", "delta", "theo", "bid", "mark", "ask", "interest"] as const;

function Chain({ chain }: { chain: OptionChain }) {
  const puts = [...SIDES].reverse();
  const at = chain.strikes.findIndex((one) => chain.forward !== null && compare(one.strike, chain.forward) >= 0);
  return (
    <div class="table chain">
      <table>
        <caption class="hidden">{say("options.title")}</caption>
        <thead>
          <tr><th scope="colgroup" colSpan={SIDES.length}>{say("options.calls")}</th><th scope="col" rowSpan={2}>{say("contract.strike")}</th><th scope="colgroup" colSpan={SIDES.length}>{say("options.puts")}</th></tr>
          <tr>{[...SIDES.map((one) => ["call", one] as const), ...puts.map((one) => ["put", one] as const)].map(([side, one]) => <th key={`${side} ${one}`} scope="col" class="num">{say(`options.${one}`)}</th>)}</tr>
        </thead>
        <tbody>
          {chain.strikes.map((one, index) => (
            <tr key={one.strike} class={index === at ? "forward" : ""}>
              <Cells quote={one.call} order={SIDES} itm={at < 0 || index < at} />
              <th scope="row" class="num strike">{number(one.strike)}</th>
              <Cells quote={one.put} order={puts} itm={at >= 0 && index >= at} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cells({ quote, order, itm }: { quote: OptionQuote | null; order: readonly (typeof SIDES)[number][]; itm: boolean }) {
  if (!quote) return <td colSpan={SIDES.length} class={itm ? "itm" : ""} />;
  const price = (text: string | null) => <button type="button" class="link num" tabIndex={-1} onClick={() => go("trade", quote.instrument)}>{number(text)}</button>;
  const cells = {
    iv: quote.iv === null ? NONE : `${measure(100 * quote.iv, 1)}%`,
    delta: quote.delta === null ? NONE : measure(quote.delta, 2),
    theo: quote.theoretical === null ? NONE : measure(quote.theoretical, 2),
    bid: <span class="buy">{price(quote.bid)}</span>,
    mark: <button type="button" class="link num strong" onClick={() => go("trade", quote.instrument)} aria-label={say("options.open", { price: number(quote.mark), instrument: quote.instrument })}>{number(quote.mark)}</button>,
    ask: <span class="sell">{price(quote.ask)}</span>,
    interest: short(quote.open_interest),
  };
  return <>{order.map((one) => <td key={one} class={`num ${itm ? "itm" : ""}`}>{cells[one]}</td>)}</>;
}
