// Orders, fills and balances of the account acted for, live.

import { effect, signal } from "@preact/signals";
import { count, number } from "../say/format";
import { say } from "../say/language";
import { get } from "../wire/rest";
import type { Balance, Balances, Fill, FillPage, Order, OrderPage } from "../wire/types";
import { beforeFrame } from "./frame";
import { tell } from "./notices";
import { account } from "./session";
import { stream } from "./venue";

export const FILLS_SHOWN = 200;
const ANSWER_MS = 500; // By when the answer to an order is here, as a rule.
const ANSWERED_MAX = 64;

const answered = new Set<number>(); // Orders whose outcome was told when they were placed; the newest ones.

export const orders = signal<readonly Order[]>([]); // Open, newest first.
export const fills = signal<readonly Fill[]>([]); // Newest first.
export const balances = signal<ReadonlyMap<string, Balance>>(new Map());
export const valueAsset = signal<string | null>(null);
/** Counts orders that ended, so that a list of them knows when to look again. */
export const ended = signal(0);

/** An order's outcome has been told. */
export function wasTold(orderId: number): void {
  answered.add(orderId);
  const oldest = answered.values().next().value;
  if (answered.size > ANSWERED_MAX && oldest !== undefined) answered.delete(oldest);
  setTimeout(() => answered.delete(orderId), 2 * ANSWER_MS);
}

export function followAccount(): void {
  effect(() => {
    const name = account.value;
    orders.value = [];
    fills.value = [];
    balances.value = new Map();
    if (!name) return undefined;
    const ends = [followOrders(name), followFills(name), followBalances(name)];
    return () => { for (const end of ends) end(); };
  });
}

function isOpen(order: Order): boolean {
  return order.status === "new" || order.status === "partially_filled";
}

function followOrders(name: string): () => void {
  const open = new Map<number, Order>();
  const show = () => beforeFrame("orders", () => {
    if (account.peek() === name) orders.value = [...open.values()].sort((a, b) => (BigInt(a.entry_ns) < BigInt(b.entry_ns) ? 1 : -1));
  });
  return stream.follow({ channel: "orders", account: name }, {
    take(message) {
      if (message.type !== "orders") return;
      if (message.image) open.clear();
      for (const order of message.items) {
        if (isOpen(order)) open.set(order.order_id, order);
        else if (open.delete(order.order_id) || !message.image) beforeFrame("ended", () => { ended.value += 1; });
      }
      show();
    },
    missed() {
      void get<OrderPage>("/v1/orders", { account: name, query: { limit: 1000 } }).then((page) => {
        open.clear();
        for (const order of page.items) open.set(order.order_id, order);
        show();
      }).catch(() => undefined); // The next message of each order brings it in full.
    },
  });
}

function followFills(name: string): () => void {
  let latest: Fill[] = [];
  const show = () => beforeFrame("fills", () => { if (account.peek() === name) fills.value = latest; });
  const load = () => get<FillPage>("/v1/fills", { account: name, query: { limit: FILLS_SHOWN } }).then((page) => {
    latest = merged(page.items, latest);
    show();
  }).catch(() => undefined); // What comes by the stream is shown in any case.
  void load();
  return stream.follow({ channel: "fills", account: name }, {
    take(message) {
      if (message.type !== "fills") return;
      const first = message.prev === 0;
      latest = merged(message.items, latest);
      if (!first) announce(message.items);
      show();
    },
    missed() { void load(); },
  });
}

function merged(some: readonly Fill[], others: readonly Fill[]): Fill[] {
  const all = new Map<string, Fill>();
  for (const fill of [...some, ...others]) all.set(`${fill.seq} ${fill.order_id} ${fill.price} ${fill.leaves}`, fill);
  return [...all.values()].sort((a, b) => b.seq - a.seq || Number(a.leaves) - Number(b.leaves)).slice(0, FILLS_SHOWN);
}

/** Say what was filled, but for orders just placed here: their answer has said it, or is about to. */
function announce(arrived: readonly Fill[]): void {
  setTimeout(() => tellOf(arrived.filter((fill) => !answered.has(fill.order_id))), ANSWER_MS);
}

function tellOf(items: readonly Fill[]): void {
  const last = items.at(-1);
  if (!last) return;
  if (items.length > 1) tell("good", say("fill.many", { count: count(items.length) }));
  else tell("good", say(last.side === "buy" ? "fill.bought" : "fill.sold", { qty: number(last.qty), instrument: last.instrument, price: number(last.price) }));
}

function followBalances(name: string): () => void {
  const kept = new Map<string, Balance>();
  const show = () => beforeFrame("balances", () => { if (account.peek() === name) balances.value = new Map(kept); });
  const load = () => get<Balances>("/v1/balances", { account: name }).then((answer) => {
    if (account.peek() !== name) return;
    valueAsset.value = answer.value_asset;
    for (const balance of answer.items) kept.set(balance.asset, balance);
    show();
  }).catch(() => undefined); // The stream brings the same.
  void load();
  return stream.follow({ channel: "balances", account: name }, {
    take(message) {
      if (message.type !== "balances") return;
      if (message.image) kept.clear();
      for (const balance of message.items) kept.set(balance.asset, balance);
      show();
    },
    missed() { void load(); },
  });
}
