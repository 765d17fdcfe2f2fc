// What one does with orders: place, change, cancel; each answered with a word.

import { approximate } from "../exact/decimal";
import { number } from "../say/format";
import { say, sayOf } from "../say/language";
import { patch, post, ProblemError, remove } from "../wire/rest";
import type { MassCanceled, Order, PlaceOrder, ReplaceOrder } from "../wire/types";
import { wasTold } from "./account";
import { attempt, tell } from "./notices";
import { account } from "./session";

let unanswered: { text: string; id: string } | null = null;

/**
 * Place an order. Where no client id is given it gets one, and keeps it while the venue has not answered, so that
 * pressing again after a lost connection cannot place it twice.
 */
export async function place(order: PlaceOrder, clientId: string): Promise<Order> {
  const text = JSON.stringify(order) + account.value;
  const id = clientId || (unanswered?.text === text ? unanswered.id : freshId());
  unanswered = { text, id };
  try {
    const placed = await post<Order>("/v1/orders", { ...order, cl_ord_id: id }, { account: account.value });
    unanswered = null;
    wasTold(placed.order_id);
    tell("good", told(placed));
    return placed;
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status >= 400 && error.problem.status < 500) unanswered = null;
    throw error;
  }
}

/**
 * What ends a position, behind the order that opens it: tied to that order while it is open, else to the position.
 * The two are sent one after the other, and a problem with one is said without losing the other.
 */
export async function placeBracket(parent: Order, children: readonly PlaceOrder[]): Promise<void> {
  const isOpen = parent.status === "new" || parent.status === "partially_filled";
  if (!isOpen && approximate(parent.cum) === 0) return; // It opened nothing.
  for (const child of children) {
    const tie: Partial<PlaceOrder> = isOpen ? { link: "child", related_id: parent.order_id } : { link: "position" };
    await attempt(async () => { await place({ ...child, ...tie, qty: isOpen ? parent.qty : parent.cum }, ""); });
  }
}

export function replace(order: Order, change: ReplaceOrder): Promise<Order | null> {
  return attempt(() => patch<Order>(`/v1/orders/${order.order_id}`, change, { account: order.account }), say("orders.replaced"));
}

export function cancel(order: Order): Promise<Order | null> {
  return attempt(() => remove<Order>(`/v1/orders/${order.order_id}`, { account: order.account }), say("orders.canceled"));
}

/** All open orders of the account, or those on one instrument. */
export function cancelAll(instrument = ""): Promise<MassCanceled | null> {
  return attempt(
    () => remove<MassCanceled>("/v1/orders", { account: account.value, query: { instrument } }),
    (answer) => say("orders.canceled_many", { count: answer.order_ids.length }),
  );
}

function told(order: Order): string {
  if (order.repeated) return say("orders.repeated");
  const values = { side: sayOf("side", order.side), qty: number(order.qty), cum: number(order.cum), instrument: order.instrument, price: number(order.price) };
  if (order.status === "filled") return say("orders.filled", values);
  if (order.status === "canceled") return `${say("orders.ended", values)} ${order.reason ? sayOf("reason", order.reason) : ""}`.trim();
  return say(order.flags.includes("stop") ? "orders.waiting" : "orders.resting", values);
}

function freshId(): string {
  const random = crypto.getRandomValues(new Uint8Array(12));
  return `web-${Array.from(random, (byte) => (byte % 36).toString(36)).join("")}`;
}
