// Arithmetic on decimal text with whole numbers, so that no price or amount passes through a float.

/** A decimal as text, as the venue sends it: "97012.5", "-0.25". */
export type Dec = string;

interface Whole {
  digits: bigint; // The value times 10^places.
  places: number;
}

const PATTERN = /^-?[0-9]{1,20}(\.[0-9]{1,18})?$/;

/** Whether text is a decimal that the venue would read. */
export function isDecimal(text: string): boolean {
  return PATTERN.test(text);
}

/** How many decimals a decimal has as written: "0.10" has two. */
export function places(text: Dec): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

export function compare(a: Dec, b: Dec): -1 | 0 | 1 {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function sign(a: Dec): -1 | 0 | 1 {
  const { digits } = whole(a);
  return digits < 0n ? -1 : digits > 0n ? 1 : 0;
}

export function add(a: Dec, b: Dec): Dec {
  const [x, y, scale] = aligned(a, b);
  return text({ digits: x + y, places: scale });
}

export function subtract(a: Dec, b: Dec): Dec {
  const [x, y, scale] = aligned(a, b);
  return text({ digits: x - y, places: scale });
}

export function multiply(a: Dec, b: Dec): Dec {
  const [x, y] = [whole(a), whole(b)];
  return text({ digits: x.digits * y.digits, places: x.places + y.places });
}

/** a / b with `scale` decimals, rounded towards zero. b must not be 0. */
export function divide(a: Dec, b: Dec, scale: number): Dec {
  const [x, y] = aligned(a, b);
  if (y === 0n) throw new RangeError("division by zero");
  return text({ digits: (x * 10n ** BigInt(scale)) / y, places: scale });
}

/** The largest multiple of `step` at or below `a` ("down"), or the smallest at or above ("up"). */
export function toStep(a: Dec, step: Dec, way: "down" | "up" = "down"): Dec {
  const [x, y, scale] = aligned(a, step);
  if (y <= 0n) throw new RangeError("a step is positive");
  const rest = ((x % y) + y) % y;
  const digits = rest === 0n ? x : way === "down" ? x - rest : x - rest + y;
  return withPlaces(text({ digits, places: scale }), places(step));
}

/** The same value written with at least `scale` decimals; further zeros are cut, other digits stay. */
export function withPlaces(a: Dec, scale: number): Dec {
  const value = whole(a);
  let { digits, places: have } = value;
  while (have > scale && digits % 10n === 0n) { digits /= 10n; have -= 1; }
  while (have < scale) { digits *= 10n; have += 1; }
  return text({ digits, places: have });
}

/** Cut to at most `scale` decimals, towards zero: for reading, not for reckoning. */
export function truncate(a: Dec, scale: number): Dec {
  if (places(a) <= scale) return a;
  return text({ digits: whole(a).digits / 10n ** BigInt(places(a) - scale), places: scale });
}

/** Without zeros at the end. */
export function trim(a: Dec): Dec {
  return withPlaces(a, 0);
}

/** For drawing only: a position on a screen needs no exactness. */
export function approximate(a: Dec | null | undefined): number {
  return a === null || a === undefined ? 0 : Number(a);
}

function whole(a: Dec): Whole {
  const point = a.indexOf(".");
  if (point < 0) return { digits: BigInt(a), places: 0 };
  return { digits: BigInt(a.slice(0, point) + a.slice(point + 1)), places: a.length - point - 1 };
}

function aligned(a: Dec, b: Dec): [bigint, bigint, number] {
  const [x, y] = [whole(a), whole(b)];
  const scale = Math.max(x.places, y.places);
  return [x.digits * 10n ** BigInt(scale - x.places), y.digits * 10n ** BigInt(scale - y.places), scale];
}

function text({ digits, places: scale }: Whole): Dec {
  const minus = digits < 0n ? "-" : "";
  const all = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  return scale === 0 ? minus + all : `${minus}${all.slice(0, -scale)}.${all.slice(-scale)}`;
}
