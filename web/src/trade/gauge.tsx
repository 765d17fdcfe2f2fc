// Whether a price is explosive, small: a mark in the watch list, a button at the quote that opens the study.

import { signal } from "@preact/signals";
import { say } from "../say/language";
import { gauges } from "../store/gauges";
import type { Gauge } from "../wire/types";

export const studying = signal(""); // The instrument whose study is open; "" for none.

const stateOf = (gauge: Gauge) => (gauge.is_explosive === null ? "waiting" : gauge.is_explosive ? "explosive" : "calm");

/** Only where there is something to see: most prices are calm, and then a list stays quiet. */
export function GaugeMark({ name }: { name: string }) {
  const gauge = gauges.value.get(name);
  if (!gauge || gauge.is_explosive === null) return null;
  return <i class={`gauge-mark ${stateOf(gauge)}`} title={say(`gauge.${stateOf(gauge)}`)}><span class="hidden">{say(`gauge.${stateOf(gauge)}`)}</span></i>;
}

export function GaugeButton({ name }: { name: string }) {
  const gauge = gauges.value.get(name);
  if (!gauge) return null;
  const state = say(`gauge.${stateOf(gauge)}`);
  return (
    <button type="button" class={`chip gauge ${stateOf(gauge)}`} aria-haspopup="dialog" aria-label={say("gauge.open", { state })} onClick={() => { studying.value = name; }} data-testid="gauge">
      <i class={`gauge-mark ${stateOf(gauge)}`} />{state}
    </button>
  );
}
