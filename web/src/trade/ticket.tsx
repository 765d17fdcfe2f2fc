// The order ticket: every kind of order, and what it would cost before it is sent.

import { useEffect, useRef } from "preact/hooks";
import { add, divide, isDecimal, places } from "../exact/decimal";
import { Check, DecimalField, Field, Select } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Segments } from "../parts/tabs";
import { number } from "../say/format";
import { say, sayOf } from "../say/language";
import { balances } from "../store/account";
import { chosen, instrument, quote } from "../store/market";
import { startTwap } from "../store/margin";
import { place, placeBracket } from "../store/orders";
import { asking, signedIn } from "../store/session";
import {
  bracket, chooseKind, chooseTif, clearTicket, clientId, display, expiry, isContract, kind, kinds, mayPostOnly, minutes, postOnly, price, qty, reduceOnly,
  request, share, side, type Side, stepped, stp, STPS, takesPrice, takesTrigger, tif, tifs, trigger,
} from "../store/ticket";
import { Bracket, ContractTerms } from "./contract-fields";
import { PreviewBox } from "./preview";
import { Purse } from "./purse";

export const QTY_ID = "ticket-qty";
const SHARES = [25, 50, 75, 100] as const;

export function Ticket() {
  const what = instrument.value;
  const now = quote.value;
  const sending = useSending();
  const before = useRef(chosen.value);
  useEffect(() => {
    if (before.current && before.current !== chosen.value) { clearTicket(); sending.forget(); }
    before.current = chosen.value;
  }, [chosen.value]);

  const send = () => {
    if (!signedIn.value) { asking.value = true; return; }
    const order = request.value;
    const children = bracket.value;
    if (!order || !children) return;
    void sending.send(async () => {
      if (kind.value === "twap") {
        await startTwap({
          instrument: order.instrument, side: order.side, qty: order.qty, seconds: 60 * Number(minutes.value), reduce_only: reduceOnly.value,
          ...(order.price ? { price: order.price } : {}), ...(clientId.value ? { cl_ord_id: clientId.value } : {}),
        });
      } else {
        const placed = await place(order, clientId.value);
        await placeBracket(placed, children);
      }
      qty.value = ""; // The next press is a new order, and what is written is judged against what is left.
      clientId.value = "";
    });
  };
  const base = what?.base ?? "";
  const unit = what?.quote ?? "";
  const paid = side.value === "buy" ? unit : base;
  const free = balances.value.get(paid)?.free;
  const middle = now?.bid && now.ask && what ? cutTo(add(now.bid, now.ask), what.tick) : null;
  const steps = (value: typeof price, step: string | undefined, start: string | null) => (event: KeyboardEvent) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key] as 1 | -1 | undefined;
    if (!way || !step || event.altKey) return;
    event.preventDefault();
    value.value = stepped(value.value, step, way, start);
  };
  const word = side.value === "buy" ? "ticket.buy" : "ticket.sell";
  return (
    <section class="pane ticket" aria-labelledby="ticket-title" data-side={side.value}>
      <h2 class="hidden" id="ticket-title">{say("ticket.title")}</h2>
      <Form onSend={send} sending={sending} label={say("ticket.title")}>
        <Segments<Side>
          label={say("ticket.side")} value={side.value} onChoose={(value) => { side.value = value; }} class="sides"
          choices={[{ value: "buy", label: say("ticket.buy") }, { value: "sell", label: say("ticket.sell") }]}
        />
        <Segments
          label={say("ticket.kind")} value={kind.value} onChoose={chooseKind} class="kinds"
          choices={kinds.value.map((value) => ({ value, label: sayOf("kind", value) }))}
        />
        <p class="ticket-free"><span>{say("ticket.free")}</span>
          <button type="button" class="link num" disabled={!free} onClick={() => { qty.value = share(100) ?? qty.value; }}>{free ? `${number(free)} ${paid}` : say("ticket.nothing")}</button>
        </p>
        {takesTrigger.value ? (
          <DecimalField label={say("ticket.trigger")} unit={unit} value={trigger.value} onValue={(value) => { trigger.value = value; }} problem={sending.at("trigger")} onKeyDown={steps(trigger, what?.tick, now?.last ?? null)} hint={say("ticket.trigger_hint")} />
        ) : null}
        <DecimalField
          label={takesPrice.value ? say("ticket.price") : say("ticket.worst")} unit={unit} value={price.value} onValue={(value) => { price.value = value; }}
          problem={sending.at("price")} onKeyDown={steps(price, what?.tick, now?.last ?? null)} placeholder={takesPrice.value ? "" : say("ticket.optional")}
          aside={<span class="quick">{([["ticket.at_bid", now?.bid], ["ticket.at_mid", middle], ["ticket.at_ask", now?.ask]] as const).map(([key, value]) => (
            <button key={key} type="button" class="link" disabled={!value} onClick={() => { if (value) price.value = value; }}>{say(key)}</button>
          ))}</span>}
        />
        <DecimalField id={QTY_ID} label={say("ticket.qty")} unit={base} value={qty.value} onValue={(value) => { qty.value = value; }} problem={sending.at("qty")} onKeyDown={steps(qty, what?.lot, what?.qty_min ?? null)} />
        <div class="shares" role="group" aria-label={say("ticket.shares")}>
          {SHARES.map((part) => <button key={part} type="button" disabled={!free} onClick={() => { qty.value = share(part) ?? qty.value; }}>{say("ticket.share", { part })}</button>)}
        </div>
        {isContract.value ? <ContractTerms sending={sending} unit={unit} /> : null}
        {kind.value === "iceberg" ? (
          <DecimalField label={say("ticket.display")} unit={base} value={display.value} onValue={(value) => { display.value = value; }} problem={sending.at("display")} hint={say("ticket.display_hint")} onKeyDown={steps(display, what?.lot, what?.qty_min ?? null)} />
        ) : null}
        <div class="pair">
          <Select label={say("ticket.tif")} value={tif.value} onValue={chooseTif} disabled={tifs.value.length < 2} options={tifs.value.map((value) => ({ value, label: value.toUpperCase() }))} />
          <Select label={say("ticket.stp")} value={stp.value} onValue={(value) => { stp.value = value; }} options={STPS.map((value) => ({ value, label: sayOf("stp", value), disabled: value === "decrement" && tif.value === "fok" }))} />
        </div>
        <p class="hint tif-hint">{sayOf("tif", tif.value)}</p>
        {tif.value === "gtd" ? (
          <Field label={say("ticket.expiry")} type="datetime-local" step={1} value={expiry.value} onValue={(value) => { expiry.value = value; }} problem={sending.at("expire_ns")} />
        ) : null}
        <div class="pair last">
          <Check label={say("ticket.post_only")} hint={say("ticket.post_only_hint")} checked={postOnly.value && mayPostOnly.value} disabled={!mayPostOnly.value} onChecked={(on) => { postOnly.value = on; }} />
          <Field label={say("ticket.client_id")} maxLength={34} placeholder={say("ticket.optional")} value={clientId.value} onValue={(value) => { clientId.value = value; }} problem={sending.at("cl_ord_id")} class="inline" />
        </div>
        <Bracket sending={sending} unit={unit} />
        <PreviewBox />
        <button type="submit" class={`submit ${side.value}`} disabled={sending.busy || (signedIn.value && !(request.value && bracket.value))} data-testid="submit-order">
          {signedIn.value ? say(word) : say("ticket.sign_in")} {signedIn.value ? base : ""}
        </button>
      </Form>
      <Purse />
    </section>
  );
}

/** Half of a sum of two prices, on the grid of ticks. */
function cutTo(sum: string, tick: string): string | null {
  return isDecimal(sum) ? divide(sum, "2", places(tick)) : null;
}
