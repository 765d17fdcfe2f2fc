// The venue as a whole: what is listed, how far it is, and the one connection to it.

import { computed, effect, signal } from "@preact/signals";
import { get } from "../wire/rest";
import { Stream, type LinkState } from "../wire/stream";
import type { Asset, Instrument, Status } from "../wire/types";
import { beforeFrame } from "./frame";
import { firstSession, login, recallSession, session } from "./session";

export const status = signal<Status | null>(null);
export const instruments = signal<ReadonlyMap<string, Instrument>>(new Map());
export const assets = signal<ReadonlyMap<string, Asset>>(new Map());
export const link = signal<LinkState>("connecting");
export const seq = signal(0);
export const venueTime = signal<string | null>(null);

/** Decimals of an asset; 6 until it is known. */
export function decimalsOf(asset: string): number {
  return assets.value.get(asset)?.decimals ?? 6;
}

export const isDemo = computed(() => status.value?.simulation ?? false);

const RELIST_MS = 250; // An operator who lists a dozen things is asked about once.
let relisting = 0;

export const stream = new Stream({
  state(state) {
    const before = link.peek();
    link.value = state;
    if (state === "live" && before === "down") void refresh(); // What changed while we were away.
  },
  hello(message) {
    if (message.account && !session.peek()) void recallSession();
    const known = status.peek();
    if (known) status.value = { ...known, version: message.version, simulation: message.simulation };
  },
  relisted() {
    clearTimeout(relisting);
    relisting = window.setTimeout(() => void loadListings().catch(() => undefined), RELIST_MS); // The next one tries again.
  },
  seq(value, tsNs) {
    beforeFrame("seq", () => {
      seq.value = value;
      if (tsNs) venueTime.value = tsNs;
    });
  },
});

/** Load what everybody may see, find out who we are, and connect. */
export async function begin(): Promise<void> {
  await Promise.allSettled([loadStatus(), loadListings(), firstSession()]);
  stream.start();
  let first = true;
  effect(() => {
    void login.value;
    if (!first) stream.restart(); // The connection is somebody's.
    first = false;
  });
}

async function refresh(): Promise<void> {
  await Promise.allSettled([loadStatus(), loadListings(), ...(session.peek() ? [recallSession()] : [])]);
}

export async function loadStatus(): Promise<void> {
  const answer = await get<Status>("/v1/status");
  status.value = answer;
  seq.value = Math.max(seq.value, answer.seq);
}

export async function loadListings(): Promise<void> {
  const [listed, held] = await Promise.all([
    get<{ items: Instrument[] }>("/v1/instruments"),
    get<{ items: Asset[] }>("/v1/assets"),
  ]);
  instruments.value = new Map(listed.items.map((one) => [one.name, one]));
  assets.value = new Map(held.items.map((one) => [one.name, one]));
}
