// The instrument on show: its book and its tape.

import { computed, effect, signal } from "@preact/signals";
import { DepthBook, type Level } from "../wire/depth";
import { get } from "../wire/rest";
import type { Instrument, Trade } from "../wire/types";
import { beforeFrame } from "./frame";
import { go, route } from "./route";
import { instruments, stream } from "./venue";
import { ticker } from "./tickers";

export const TRADES_SHOWN = 80;

export interface BookView {
  instrument: string;
  bids: readonly Level[];
  asks: readonly Level[];
}

const NOTHING: BookView = { instrument: "", bids: [], asks: [] };

export const chosen = signal("");
export const instrument = computed<Instrument | null>(() => instruments.value.get(chosen.value) ?? null);
export const quote = computed(() => (chosen.value ? ticker(chosen.value).value : null));
export const book = signal<BookView>(NOTHING);
/** Newest first. */
export const tape = signal<readonly Trade[]>([]);

/** Show this one from now on. */
export function choose(name: string): void {
  if (route.value.place === "trade") go("trade", name, true);
  chosen.value = name;
}

/** Step through the listings, in the order they are listed. */
export function chooseNext(step: 1 | -1): void {
  const names = [...instruments.value.keys()];
  const at = names.indexOf(chosen.value);
  const next = names[(at + step + names.length) % names.length];
  if (next) choose(next);
}

/** Keep `chosen` to what the address says, and book and tape to what is chosen. */
export function followMarket(): void {
  effect(() => {
    const { place, rest } = route.value;
    const known = instruments.value;
    if (place === "trade" && known.has(rest)) chosen.value = rest;
    else if (!known.has(chosen.peek())) chosen.value = known.keys().next().value ?? "";
  });
  effect(() => {
    const name = chosen.value;
    if (!name) return undefined;
    book.value = { ...NOTHING, instrument: name };
    tape.value = [];
    const ends = [followBook(name), followTape(name)];
    return () => { for (const end of ends) end(); };
  });
}

function followBook(name: string): () => void {
  const kept = new DepthBook();
  return stream.follow({ channel: "depth", instrument: name }, {
    take(message) {
      if (message.type !== "depth") return true;
      const good = kept.take(message);
      if (!good) kept.clear();
      else {
        beforeFrame("book", () => {
          if (chosen.peek() === name) book.value = { instrument: name, bids: kept.bids.slice(), asks: kept.asks.slice() };
        });
      }
      return good;
    },
  });
}

function followTape(name: string): () => void {
  let latest: Trade[] = []; // Newest first.
  const show = () => beforeFrame("tape", () => { if (chosen.peek() === name) tape.value = latest; });
  return stream.follow({ channel: "trades", instrument: name }, {
    take(message) {
      if (message.type !== "trades") return;
      const arrived = message.items.slice(-TRADES_SHOWN).reverse();
      latest = message.prev === 0 ? arrived : [...arrived, ...latest].slice(0, TRADES_SHOWN);
      show();
    },
    missed() {
      void get<{ items: Trade[] }>("/v1/trades", { query: { instrument: name, limit: TRADES_SHOWN } }).then((page) => {
        const newest = latest[0]?.seq ?? 0;
        const between = page.items.filter((trade) => trade.seq > newest);
        latest = [...between, ...latest].sort((a, b) => b.seq - a.seq || b.match - a.match).slice(0, TRADES_SHOWN);
        show();
      }).catch(() => undefined); // The tape goes on with what comes next.
    },
  });
}
