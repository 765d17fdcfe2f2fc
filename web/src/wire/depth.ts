// A full book kept from an image and the changes after it, checked against the venue's checksum.

import { compare, sign } from "../exact/decimal";
import { crc32 } from "./crc32";
import type { DepthMessage } from "./types";

export type Level = [price: string, qty: string, orders: number];

const CHECKED_LEVELS = 25;

export class DepthBook {
  bids: Level[] = []; // Best first.
  asks: Level[] = [];
  seq = 0;

  /** Take one message. False: the book is not the venue's any more, and an image is needed. */
  take(message: DepthMessage): boolean {
    if (message.image) {
      this.bids = message.bids.slice();
      this.asks = message.asks.slice();
    } else {
      if (message.prev !== this.seq) return false;
      for (const level of message.bids) put(this.bids, level, -1);
      for (const level of message.asks) put(this.asks, level, 1);
    }
    this.seq = message.seq;
    return checksum(this.bids, this.asks) === message.checksum;
  }

  clear(): void {
    this.bids = [];
    this.asks = [];
    this.seq = 0;
  }
}

/** CRC-32 of the best 25 bids, then asks, each as "price:qty:orders", joined by "|". */
export function checksum(bids: Level[], asks: Level[]): number {
  const parts = [...bids.slice(0, CHECKED_LEVELS), ...asks.slice(0, CHECKED_LEVELS)];
  return crc32(parts.map(([price, qty, orders]) => `${price}:${qty}:${orders}`).join("|"));
}

/** Put a level in its place among levels sorted by price; `way` 1 for rising prices, -1 for falling ones. */
function put(levels: Level[], level: Level, way: 1 | -1): void {
  let [low, high] = [0, levels.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(levels[middle]![0], level[0]) * way < 0) low = middle + 1;
    else high = middle;
  }
  const found = low < levels.length && compare(levels[low]![0], level[0]) === 0;
  if (sign(level[1]) === 0) {
    if (found) levels.splice(low, 1);
  } else levels.splice(low, found ? 1 : 0, level);
}
