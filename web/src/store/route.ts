// Where in the page the reader is, kept in the address: "#/trade/BTC%2FUSDC".

import { signal } from "@preact/signals";

export const PLACES = ["trade", "options", "events", "margin", "portfolio", "statement", "keys", "settings", "operator"] as const;
export type Place = (typeof PLACES)[number];

interface Route {
  place: Place;
  rest: string;
}

export const route = signal<Route>(read());
addEventListener("hashchange", () => { route.value = read(); });

export function address(place: Place, rest = ""): string {
  return `#/${place}${rest ? `/${encodeURIComponent(rest)}` : ""}`;
}

/** Go there; with `quietly` the step back leads past it. */
export function go(place: Place, rest = "", quietly = false): void {
  if (quietly) {
    history.replaceState(null, "", address(place, rest));
    route.value = read();
  } else location.hash = address(place, rest);
}

function read(): Route {
  const [, place = "", rest = ""] = /^#\/(\w+)(?:\/(.*))?$/.exec(location.hash) ?? [];
  const known = PLACES.find((one) => one === place) ?? "trade";
  try {
    return { place: known, rest: decodeURIComponent(rest) };
  } catch {
    return { place: known, rest: "" }; // A mistyped address leads to the default.
  }
}
