// The account's one pool of margin: its positions, its health, and slices under way.

import { computed, effect, signal } from "@preact/signals";
import { say } from "../say/language";
import { get, post, put, remove } from "../wire/rest";
import type { Explanation, MarginSummary, PlaceTwap, Position, SetMarginMode, Twap } from "../wire/types";
import { fills } from "./account";
import { beforeFrame } from "./frame";
import { lookEvery } from "./looking";
import { attempt, tell } from "./notices";
import { account } from "./session";
import { stream } from "./venue";

const EXPLAIN_MS = 2000;

export const positions = signal<readonly Position[]>([]);
export const margin = signal<MarginSummary | null>(null);
export const explanation = signal<Explanation | null>(null);
export const twaps = signal<readonly Twap[]>([]);
export const isMargin = computed(() => margin.value?.mode === "margin");

/** Keep positions and health to the account acted for, and its slices, which go on when it trades. */
export function followMargin(): void {
  effect(() => {
    const name = account.value;
    positions.value = [];
    margin.value = null;
    explanation.value = null;
    twaps.value = [];
    if (!name) return undefined;
    const end = stream.follow({ channel: "margin", account: name }, {
      take(message) {
        if (message.type !== "margin") return;
        beforeFrame("margin", () => {
          if (account.peek() !== name) return;
          margin.value = message.summary;
          positions.value = message.positions;
        });
      },
    });
    const endTwaps = effect(() => {
      void fills.value;
      if (isMargin.value) void loadTwaps(name).catch(() => undefined); // The next fill brings it.
    });
    return () => { end(); endTwaps(); };
  });
}

async function loadTwaps(name: string): Promise<void> {
  const running = await get<{ items: Twap[] }>("/v1/twaps", { account: name });
  if (account.peek() === name) twaps.value = running.items;
}

/** Why the margin is what it is, kept up while somebody looks. */
export function followExplanation(name: string): () => void {
  return lookEvery(EXPLAIN_MS, async () => {
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
  await loadTwaps(account.peek()).catch(() => undefined);
}

export function stopTwap(one: Twap): Promise<unknown> {
  return attempt(async () => {
    await remove<Twap>(`/v1/twaps/${one.twap_id}`, { account: account.peek() });
    tell("good", say("twap.stopped"));
    await loadTwaps(account.peek()).catch(() => undefined);
  });
}
