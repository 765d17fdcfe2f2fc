// The order being written: what the reader typed, and the request it stands for.

import { computed, signal } from "@preact/signals";
import { add, compare, type Dec, divide, isDecimal, multiply, places, sign, subtract, toStep } from "../exact/decimal";
import { nanoseconds } from "../exact/time";
import type { PlaceOrder, Preview } from "../wire/types";
import { balances } from "./account";
import { chosen, instrument, quote } from "./market";
import { decimalsOf } from "./venue";

export type Side = PlaceOrder["side"];
export type Tif = NonNullable<PlaceOrder["tif"]>;
export type Stp = NonNullable<PlaceOrder["stp"]>;
export type Kind = "limit" | "market" | "stop" | "stop_limit" | "take" | "trail" | "iceberg" | "twap";
export type TriggerBy = NonNullable<PlaceOrder["trigger_by"]>;

export const KINDS: readonly Kind[] = ["limit", "market", "stop", "stop_limit", "take", "iceberg"];
export const CONTRACT_KINDS: readonly Kind[] = ["limit", "market", "stop", "stop_limit", "take", "trail", "iceberg", "twap"];
export const TRIGGERS_BY: readonly TriggerBy[] = ["last", "mark", "index"];
export const STPS: readonly Stp[] = ["cancel_resting", "cancel_taker", "cancel_both", "decrement"];
const TIFS: Record<Kind, readonly Tif[]> = { // docs/rules/orders.md, O-1.
  limit: ["gtc", "ioc", "fok", "gtd"], market: ["ioc", "fok"], stop: ["ioc"], stop_limit: ["gtc", "ioc", "gtd"], take: ["ioc"], trail: ["ioc"], iceberg: ["gtc", "gtd"],
  twap: ["ioc"],
};

const DAY_MS = 86_400_000;

export const side = signal<Side>("buy");
export const kind = signal<Kind>("limit");
export const price = signal("");
export const qty = signal("");
export const trigger = signal("");
export const display = signal("");
export const trail = signal(""); // Distance of a trailing stop.
export const minutes = signal("30"); // Of slices over a time.
export const triggerBy = signal<TriggerBy>("mark");
export const reduceOnly = signal(false);
export const takeAt = signal(""); // Of a bracket: where gains are taken,
export const stopAt = signal(""); // and losses stopped.
export const tifWish = signal<Tif>("gtc");
export const expiry = signal(""); // Local date and time, as an input of that kind has it.
export const postOnly = signal(false);
export const stp = signal<Stp>("cancel_resting");
export const clientId = signal("");
export const preview = signal<Preview | null>(null);

export const tifs = computed(() => TIFS[kind.value]);
export const tif = computed<Tif>(() => (tifs.value.includes(tifWish.value) ? tifWish.value : tifs.value[0]!));
export const takesPrice = computed(() => kind.value === "limit" || kind.value === "stop_limit" || kind.value === "iceberg");
export const takesTrigger = computed(() => ["stop", "stop_limit", "take", "trail"].includes(kind.value));
export const isContract = computed(() => Boolean(instrument.value?.contract));
export const kinds = computed(() => (isContract.value ? CONTRACT_KINDS : KINDS));
/** A parent can be bracketed: what opens a position, at once or later. */
export const mayBracket = computed(() => isContract.value && !reduceOnly.value && (kind.value === "limit" || kind.value === "market" || kind.value === "iceberg"));
export const mayPostOnly = computed(() => (kind.value === "limit" || kind.value === "iceberg") && (tif.value === "gtc" || tif.value === "gtd"));

/** The request as far as it is written; null while something it needs is missing or no number. */
export const request = computed<PlaceOrder | null>(() => {
  const needed = [qty.value, ...(takesPrice.value ? [price.value] : []), ...(takesTrigger.value ? [trigger.value] : []), ...(kind.value === "iceberg" ? [display.value] : []), ...(kind.value === "trail" ? [trail.value] : [])];
  if (!chosen.value || !needed.every(isDecimal)) return null;
  if (!takesPrice.value && price.value && !isDecimal(price.value)) return null;
  if (kind.value === "twap" && !/^[1-9]\d*$/.test(minutes.value)) return null;
  const order: PlaceOrder = { instrument: chosen.value, side: side.value, qty: qty.value, tif: tif.value, stp: stp.value };
  if (price.value) order.price = price.value;
  if (!takesPrice.value) order.market = true;
  if (takesTrigger.value) {
    order.trigger = trigger.value;
    if (isContract.value) order.trigger_by = triggerBy.value;
    if (kind.value === "take") order.take_profit = true;
    if (kind.value === "trail") order.trail = trail.value;
  }
  if (isContract.value && reduceOnly.value) order.reduce_only = true;
  if (kind.value === "iceberg") order.display = display.value;
  if (postOnly.value && mayPostOnly.value) order.post_only = true;
  if (tif.value === "gtd") {
    const ms = Date.parse(expiry.value);
    if (Number.isNaN(ms)) return null;
    order.expire_ns = nanoseconds(ms);
  }
  return order;
});

/** The orders that end a bracketed position; null while one of the two is written wrongly. */
export const bracket = computed<PlaceOrder[] | null>(() => {
  if (!mayBracket.value) return [];
  const wanted = [takeAt.value, stopAt.value];
  if (!wanted.every((text) => text === "" || isDecimal(text))) return null;
  return wanted.flatMap((text, at): PlaceOrder[] => (text === "" ? [] : [{
    instrument: chosen.value, side: side.value === "buy" ? "sell" : "buy", qty: qty.value, market: true, tif: "ioc", trigger: text,
    trigger_by: triggerBy.value, reduce_only: true, ...(at === 0 ? { take_profit: true } : {}),
  }]));
});

/** Take a price, from the book or the tape: into the trigger of a stop, else into the limit. */
export function takePrice(value: Dec): void {
  if (kind.value === "market") kind.value = "limit";
  if (kind.value === "stop" || kind.value === "take" || kind.value === "trail") trigger.value = value;
  else price.value = value;
}

export function chooseKind(value: Kind): void {
  kind.value = value;
  if (value !== "limit" && value !== "stop_limit" && value !== "iceberg") price.value = ""; // A worst price is a wish of its own.
}

export function chooseTif(value: Tif): void {
  tifWish.value = value;
  if (value === "gtd" && !expiry.value) expiry.value = localText(Date.now() + DAY_MS);
}

/** A time as an input of local date and time has it, to the minute. */
function localText(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Another instrument's numbers mean nothing here. */
export function clearTicket(): void {
  for (const one of [price, qty, trigger, display, clientId, trail, takeAt, stopAt]) one.value = "";
  if (!kinds.value.includes(kind.value)) kind.value = "limit";
  preview.value = null;
}

/** One step of the instrument's tick or lot up or down; where nothing is written, from `start`. */
export function stepped(text: string, step: Dec, way: 1 | -1, start: Dec | null): string {
  if (!isDecimal(text)) return start ?? step;
  const grid = toStep(text, step, way > 0 ? "down" : "up");
  const next = way > 0 ? add(grid, step) : subtract(grid, step);
  return sign(next) > 0 ? next : step;
}

/** The most that the free balance pays for or delivers, times a part of a hundred, in whole lots; null without a price. */
export function share(percent: number): Dec | null {
  const what = instrument.value;
  if (!what) return null;
  const part = divide(String(percent), "100", 2);
  if (side.value === "sell") {
    const free = balances.value.get(what.base)?.free ?? "0";
    return sign(free) > 0 ? toStep(multiply(free, part), what.lot) : what.lot.replace(/[1-9]/g, "0");
  }
  const limit = worstPrice();
  if (!limit) return null;
  const free = balances.value.get(what.quote)?.free ?? "0";
  const scale = decimalsOf(what.quote);
  const atom = scale ? `0.${"1".padStart(scale, "0")}` : "1";
  const usable = subtract(multiply(free, part), atom); // Rules O-6: a hold is the notional, its fee, and one atom.
  if (sign(usable) <= 0) return what.lot.replace(/[1-9]/g, "0");
  const ppm = Math.max(preview.value?.taker_ppm ?? 1000, preview.value?.maker_ppm ?? 0, 0);
  const unit = multiply(limit, add("1", divide(String(ppm), "1000000", 6)));
  const most = toStep(divide(usable, unit, places(what.lot) + 2), what.lot);
  return compare(most, what.qty_max) > 0 ? what.qty_max : most;
}

function worstPrice(): Dec | null {
  const what = instrument.value;
  if (isDecimal(price.value) && sign(price.value) > 0) return price.value;
  const from = takesTrigger.value && isDecimal(trigger.value) ? trigger.value : quote.value?.ask;
  return what && from ? multiply(from, add("1", what.band)) : null;
}
