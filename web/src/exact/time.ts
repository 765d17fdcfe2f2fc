// Times are nanoseconds since 1970 as text. People read milliseconds at best.

/** Milliseconds of a time in nanoseconds. */
export function milliseconds(ns: string): number {
  return Number(BigInt(ns) / 1_000_000n);
}

/** Nanoseconds, as text, of a time in milliseconds. */
export function nanoseconds(ms: number): string {
  return `${BigInt(Math.trunc(ms)) * 1_000_000n}`;
}
