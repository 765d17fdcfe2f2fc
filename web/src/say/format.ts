// Numbers and times for people, in their language. Decimals stay text throughout.

import { computed } from "@preact/signals";
import { compare, type Dec, divide, places, sign, truncate } from "../exact/decimal";
import { milliseconds } from "../exact/time";
import { locale, say } from "./language";

const MINUS = "\u2212";
export const NONE = "\u2013";

const separators = computed(() => {
  const parts = new Intl.NumberFormat(locale.value, { useGrouping: true }).formatToParts(1234567.5);
  const find = (type: string, fallback: string) => parts.find((part) => part.type === type)?.value ?? fallback;
  return { group: find("group", ","), point: find("decimal", ".") };
});

/** "103250.50" as "103,250.50", all digits kept; a real minus; a dash where there is nothing. */
export function number(text: Dec | null | undefined): string {
  if (text === null || text === undefined || text === "") return NONE;
  const { group, point } = separators.value;
  const [whole = "", part] = text.replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return (text.startsWith("-") ? MINUS : "") + (part === undefined ? grouped : grouped + point + part);
}

/** As `number`, with at most `scale` decimals: cut, not rounded. */
export function brief(text: Dec | null | undefined, scale: number): string {
  return text ? number(truncate(text, scale)) : NONE;
}

/** Of a value in a stablecoin: two decimals. */
export function money(text: Dec | null | undefined): string {
  if (!text) return NONE;
  const cut = truncate(text, 2);
  return number(cut.includes(".") ? cut.padEnd(cut.indexOf(".") + 3, "0") : `${cut}.00`);
}

/** "0.53" as "+0.53%". */
export function percent(text: Dec | null | undefined): string {
  if (text === null || text === undefined) return NONE;
  const plus = sign(text) > 0 ? "+" : "";
  const cut = places(text) > 2 ? truncate(text, 2) : text;
  return `${plus}${number(cut)}%`;
}

/** A fraction such as "0.0005" as parts of a hundred: "0.05%". */
export function fraction(text: Dec | null | undefined): string {
  if (text === null || text === undefined) return NONE;
  return `${number(divide(text, "0.01", Math.max(0, places(text) - 2)))}%`;
}

/** A large quantity, shortened: "1284211.07" as "1.28M". */
export function short(text: Dec | null | undefined): string {
  if (text === null || text === undefined) return NONE;
  for (const [unit, size] of [["B", "1000000000"], ["M", "1000000"], ["K", "10000"]] as const) {
    if (compare(text, size) >= 0) return number(divide(text, unit === "K" ? "1000" : size, 2)) + unit;
  }
  return number(text);
}

/** A count. */
export function count(value: number): string {
  return number(String(value));
}

/** "up", "down" or "flat" by the sign. */
export function trend(text: Dec | null | undefined): "up" | "down" | "flat" {
  const which = text ? sign(text) : 0;
  return which > 0 ? "up" : which < 0 ? "down" : "flat";
}

const clocks = computed(() => new Intl.DateTimeFormat(locale.value, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }));
const dates = computed(() => new Intl.DateTimeFormat(locale.value, {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
}));
const days = computed(() => new Intl.DateTimeFormat(locale.value, { year: "numeric", month: "short", day: "numeric" }));

/** A time of day in the reader's zone. */
export function clock(ns: string): string {
  return clocks.value.format(milliseconds(ns));
}

/** Date and time in the reader's zone. */
export function moment(ns: string | null | undefined): string {
  return ns && ns !== "0" ? dates.value.format(milliseconds(ns)) : NONE;
}

export function day(ns: string | null | undefined): string {
  return ns && ns !== "0" ? days.value.format(milliseconds(ns)) : NONE;
}

/** Bytes in the unit that fits. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let index = 0;
  let size = value;
  while (size >= 1024 && index < units.length - 1) { size /= 1024; index += 1; }
  return `${new Intl.NumberFormat(locale.value, { maximumFractionDigits: index ? 1 : 0 }).format(size)} ${units[index]}`;
}

/** A measurement, such as a rate or milliseconds: never money. */
export function measure(value: number, digits = 1): string {
  return new Intl.NumberFormat(locale.value, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** "{count} orders" and its like: the catalogue has one form for one and another for more. */
export function plural(value: number, one: Parameters<typeof say>[0], many: Parameters<typeof say>[0]): string {
  return say(value === 1 ? one : many, { count: count(value) });
}
