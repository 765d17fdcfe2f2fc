// Decimal text for people. Prices stay text from the venue to the screen; numbers are only for drawing.

const MINUS = "\u2212";
export const NONE = "\u2013";

/** "103250.50" as "103,250.50"; a real minus sign; a dash where there is nothing. */
export function group(text) {
  if (text === null || text === undefined) return NONE;
  const [whole, part] = text.replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (text.startsWith("-") ? MINUS : "") + (part === undefined ? grouped : `${grouped}.${part}`);
}

/** "0.53" as "+0.53%". */
export function percent(text) {
  if (text === null || text === undefined) return NONE;
  const sign = text.startsWith("-") ? MINUS : Number(text) === 0 ? "" : "+";
  return `${sign}${text.replace("-", "")}%`;
}

/** A large quantity, shortened: "1284211.07" as "1.28M". */
export function short(text) {
  const value = Number(text);
  for (const [unit, size] of [["B", 1e9], ["M", 1e6], ["K", 1e4]]) {
    if (value >= size) return `${(value / (unit === "K" ? 1e3 : size)).toFixed(2)}${unit}`;
  }
  return group(text);
}

/** How many decimals a decimal text has. */
export function places(text) {
  return (text.split(".")[1] ?? "").length;
}

/** "up", "down" or "" by the sign of a decimal text. */
export function trend(text) {
  const value = Number(text ?? 0);
  return value > 0 ? "up" : value < 0 ? "down" : "";
}

/** Milliseconds of a time in nanoseconds, given as text. */
export function milliseconds(ns) {
  return Number(ns.slice(0, -6));
}

const clockSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const clockMinutes = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });

/** A time of day in the reader's zone, with or without seconds. */
export function clock(ms, seconds = true) {
  return (seconds ? clockSeconds : clockMinutes).format(ms);
}

export const time = (ms) => clock(ms);
