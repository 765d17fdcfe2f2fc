// The account's one pool of margin: its positions, its health, and slices under way.

import { computed, effect, signal } from "@preact/signals";
import { say } from "../say/language";
import { get, post, put, remove } from "../wire/rest";
import type { Explanation, MarginSummary, PlaceTwap, Position, PositionPage, SetMarginMode, Twap } from "../wire/types";
import { fills, orders } from "./account";
import { lookEvery } from "./looking";
import { attempt, tell } from "./notices";
import { account } from "./session";

const EVERY_MS = 2000;

export const positions = signal<readonly Position[]>([]);
export const margin = signal<MarginSummary | null>(null);
export const explanation = signal<Explanation | null>(null);
export const twaps = signal<readonly Twap[]>([]);
export const isMargin = computed(() => margin.value?.mode === "margin");

/** Keep positions and health to the account acted for; at once when something of it trades. */
export function followMargin(): void {
  effect(() => {
    const name = account.value;
    positions.value = [];
    margin.value = null;
    explanation.value = null;
    twaps.value = [];
    if (!name) return undefined;
    const end = lookEvery(EVERY_MS, () => loadMargin(name));
    const endFills = effect(() => {
      void fills.value;
      void orders.value;
      void loadMargin(name).catch(() => undefined); // The next look brings it.
    });
    return () => { end(); endFills(); };
  });
}

async function loadMargin(name: string): Promise<void> {
  const summary = await get<MarginSummary>("/v1/margin", { account: name });
  if (account.peek() !== name) return;
  margin.value = summary;
  if (summary.mode === "cash") return;
  const [page, running] = await Promise.all([
    get<PositionPage>("/v1/positions", { account: name, query: { limit: 1000 } }),
    get<{ items: Twap[] }>("/v1/twaps", { account: name }),
  ]);
  if (account.peek() !== name) return;
  positions.value = page.items;
  twaps.value = running.items;
}

/** Why the margin is what it is, kept up while somebody looks. */
export function followExplanation(name: string): () => void {
  return lookEvery(EVERY_MS, async () => {
    const found = await get<Explanation>("/v1/margin/explain", { account: name });
    if (account.peek() === name) explanation.value = found;
  });
}

export async function openMargin(change: SetMarginMode): Promise<void> {
  margin.value = await put<MarginSummary>("/v1/margin", change, { account: account.peek() });
  tell("good", say("margin.opened"));
}

export async function startTwap(order: PlaceTwap): Promise<void> {
  await post<Twap>("/v1/twaps", order, { account: account.peek() });
  tell("good", say("twap.started"));
  await loadMargin(account.peek()).catch(() => undefined);
}

export function stopTwap(one: Twap): Promise<unknown> {
  return attempt(async () => {
    await remove<Twap>(`/v1/twaps/${one.twap_id}`, { account: account.peek() });
    tell("good", say("twap.stopped"));
    await loadMargin(account.peek()).catch(() => undefined);
  });
}
