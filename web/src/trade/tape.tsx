// The trades of the instrument on show, newest first, in rows that stay where they are.

import { number, clock } from "../say/format";
import { say } from "../say/language";
import { instrument, tape, TRADES_SHOWN } from "../store/market";
import { takePrice } from "../store/ticket";

const ROWS = Array.from({ length: TRADES_SHOWN }, (_, at) => at);

export function Tape() {
  const trades = tape.value;
  const what = instrument.value;
  return (
    <section class="pane tape" aria-labelledby="tape-title">
      <header class="pane-head"><h2 id="tape-title">{say("tape.title")}</h2><span class="muted">{say("tape.order")}</span></header>
      <div class="book-columns" aria-hidden="true"><span>{say("book.price", { unit: what?.quote ?? "" })}</span><span>{say("book.qty", { unit: what?.base ?? "" })}</span><span>{say("tape.time")}</span></div>
      <ol class="levels trades" aria-labelledby="tape-title" tabIndex={0}>
        {ROWS.map((at) => {
          const trade = trades[at];
          return (
            <li key={at} class={trade ? trade.side : ""} onClick={trade ? () => takePrice(trade.price) : undefined}>
              <span class="num">{trade ? number(trade.price) : ""}</span>
              <span class="num">{trade ? number(trade.qty) : ""}</span>
              <span class="num">{trade ? clock(trade.ts_ns) : ""}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
