// The part of the ticket that only contracts have: what triggers, what reduces, slices over a time, brackets.

import { Check, DecimalField, Field, Select } from "../parts/field";
import type { Sending } from "../parts/form";
import { say, sayOf } from "../say/language";
import { instrument, quote } from "../store/market";
import { kind, mayBracket, minutes, reduceOnly, stepped, stopAt, takeAt, takesTrigger, trail, triggerBy, TRIGGERS_BY } from "../store/ticket";

interface Props {
  sending: Sending;
  unit: string;
}

export function ContractTerms({ sending, unit }: Props) {
  return (
    <>
      {takesTrigger.value ? (
        <Select label={say("ticket.trigger_by")} value={triggerBy.value} onValue={(value) => { triggerBy.value = value; }} options={TRIGGERS_BY.map((value) => ({ value, label: sayOf("trigger_by", value) }))} />
      ) : null}
      {kind.value === "trail" ? (
        <DecimalField label={say("ticket.trail")} unit={unit} value={trail.value} onValue={(value) => { trail.value = value; }} problem={sending.at("trail")} hint={say("ticket.trail_hint")} />
      ) : null}
      {kind.value === "twap" ? (
        <Field label={say("ticket.minutes")} inputMode="numeric" value={minutes.value} onValue={(value) => { minutes.value = value; }} problem={sending.at("seconds")} />
      ) : null}
      <Check label={say("ticket.reduce_only")} hint={say("ticket.reduce_only_hint")} checked={reduceOnly.value} onChecked={(on) => { reduceOnly.value = on; }} />
    </>
  );
}

/** Where the position that this order opens is closed again. */
export function Bracket({ sending, unit }: Props) {
  if (!mayBracket.value) return null;
  const start = quote.value?.last ?? null;
  const steps = (value: typeof takeAt) => (event: KeyboardEvent) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key] as 1 | -1 | undefined;
    const tick = instrument.value?.tick;
    if (!way || !tick || event.altKey) return;
    event.preventDefault();
    value.value = stepped(value.value, tick, way, start);
  };
  return (
    <div class="pair">
      <DecimalField label={say("ticket.take_at")} unit={unit} value={takeAt.value} placeholder={say("ticket.optional")} onValue={(value) => { takeAt.value = value; }} problem={sending.at("take_at")} onKeyDown={steps(takeAt)} />
      <DecimalField label={say("ticket.stop_at")} unit={unit} value={stopAt.value} placeholder={say("ticket.optional")} onValue={(value) => { stopAt.value = value; }} problem={sending.at("stop_at")} onKeyDown={steps(stopAt)} />
    </div>
  );
}
