// The book and the tape: rows made once and filled anew, so nothing moves but the numbers.

import { group, milliseconds, time } from "./format.js";

const LEVELS = 20;
const TRADES = 60;

/** One side of the book, in a list whose rows are best first. */
export class Ladder {
  constructor(list) {
    this.rows = Array.from({ length: LEVELS }, () => row(list));
  }

  /** `levels` of [price, quantity, orders], `most` the larger total of both sides, quantities with `places` decimals. */
  show(levels, most, places) {
    let total = 0;
    this.rows.forEach(({ item, cells }, index) => {
      const level = levels[index];
      if (level) total += Number(level[1]);
      set(cells[0], level ? group(level[0]) : "");
      set(cells[1], level ? group(level[1]) : "");
      set(cells[2], level ? group(total.toFixed(places)) : "");
      item.style.setProperty("--part", level ? (total / most).toFixed(4) : "0");
      const orders = level ? `${level[2]} ${level[2] === 1 ? "order" : "orders"}` : "";
      if (item.title !== orders) item.title = orders;
    });
  }
}

/** Quantity of the levels that both sides can show. */
export function total(levels) {
  return levels.slice(0, LEVELS).reduce((sum, level) => sum + Number(level[1]), 0);
}

/** The trade tape, newest first. */
export class Tape {
  #trades = [];

  constructor(list) {
    this.list = list;
    this.rows = Array.from({ length: TRADES }, () => row(list));
  }

  /** All trades of another instrument, oldest first. */
  show(trades) {
    this.#trades = trades.slice(-TRADES);
    this.#draw();
  }

  /** New trades, oldest first. */
  add(trades) {
    if (!trades.length) return;
    this.show([...this.#trades, ...trades]);
  }

  #draw() {
    const newest = this.#trades.toReversed();
    this.rows.forEach(({ item, cells }, index) => {
      const trade = newest[index];
      const kind = trade ? trade.side.toLowerCase() : "";
      if (item.className !== kind) item.className = kind;
      set(cells[0], trade ? group(trade.price) : index === 0 ? "No trades yet" : "");
      set(cells[1], trade ? group(trade.qty) : "");
      set(cells[2], trade ? time(milliseconds(trade.ts_ns)) : "");
    });
  }
}

function row(list) {
  const item = document.createElement("li");
  const cells = [0, 1, 2].map(() => item.appendChild(document.createElement("span")));
  list.append(item);
  return { item, cells };
}

/** Write only what changed. */
export function set(element, content) {
  if (element.textContent !== content) element.textContent = content;
}
