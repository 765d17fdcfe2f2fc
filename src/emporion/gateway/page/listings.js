// The list of instruments: one row each, chosen by pointer or keys.

import { group, percent, trend } from "./format.js";
import { set } from "./ladder.js";

export class Listings {
  #rows = new Map();
  #chosen = "";

  /** `list` is a listbox; `onChoose(name)` is called when another row is chosen. */
  constructor(list, onChoose) {
    this.list = list;
    this.onChoose = onChoose;
    list.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.choose(row.dataset.name);
    });
    list.addEventListener("keydown", (event) => this.#key(event));
    // Arrow keys work from anywhere on the page that has no use for them itself.
    document.addEventListener("keydown", (event) => {
      if (event.target === document.body) this.#key(event);
    });
  }

  /** Make the rows anew. */
  define(instruments) {
    this.#rows = new Map(instruments.map((instrument) => [instrument.name, makeRow(instrument)]));
    this.list.replaceChildren(...[...this.#rows.values()].map(({ item }) => item));
    if (this.#rows.has(this.#chosen)) this.#mark();
  }

  /** Fill in rows that changed. */
  update(listings) {
    for (const listing of listings) {
      const row = this.#rows.get(listing.name);
      if (!row) continue;
      const last = Number(listing.last);
      if (row.value && last && last !== row.value) flash(row.last, last > row.value);
      row.value = last;
      set(row.last, group(listing.last));
      set(row.change, percent(listing.change_percent));
      row.change.className = `change num ${trend(listing.change_percent)}`;
      set(row.spread, listing.spread_bps === null ? "\u2013" : `${listing.spread_bps} bp`);
    }
  }

  has(name) {
    return this.#rows.has(name);
  }

  first() {
    return this.#rows.keys().next().value ?? "";
  }

  /** Choose a row, as if by hand. */
  choose(name, focus = true) {
    if (!this.#rows.has(name)) return;
    const changed = name !== this.#chosen;
    this.#chosen = name;
    this.#mark();
    const { item } = this.#rows.get(name);
    if (focus) item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (changed) this.onChoose(name);
  }

  #mark() {
    for (const [name, { item }] of this.#rows) {
      const is = name === this.#chosen;
      item.setAttribute("aria-selected", is);
      item.tabIndex = is ? 0 : -1;
    }
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const names = [...this.#rows.keys()];
    const at = names.indexOf(this.#chosen);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined || !names.length) return;
    event.preventDefault();
    this.choose(names[Math.min(Math.max(to, 0), names.length - 1)]);
  }
}

function makeRow(instrument) {
  const item = document.createElement("li");
  item.className = "row";
  item.setAttribute("role", "option");
  item.dataset.name = instrument.name;
  const [name, last, change, spread, title] = ["name", "last num", "change num", "spread num", "title"].map((kind) => {
    const cell = item.appendChild(document.createElement("span"));
    cell.className = kind;
    return cell;
  });
  name.textContent = instrument.name;
  title.textContent = instrument.title || instrument.asset_class.toLowerCase();
  return { item, last, change, spread, value: 0 };
}

function flash(element, up) {
  element.classList.remove("flash-up", "flash-down");
  void element.offsetWidth; // Starts the animation again.
  element.classList.add(up ? "flash-up" : "flash-down");
}
