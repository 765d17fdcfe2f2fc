// A line of the last price over its volume, drawn as SVG at the size it has.

import { clock, group, milliseconds, time } from "./format.js";

const NAME = "http://www.w3.org/2000/svg";
const EDGE = { top: 12, right: 74, bottom: 22, left: 16 };
const VOLUME_PART = 0.16; // Of the height.
const SPAN_MS_MIN = 60_000;
const BAR_MS = 2000;
const BARS_MAX = 450;
const HOLD_MS = 5 * BAR_MS;

export class Chart {
  #bars = [];
  #step = 1; // Least price step, as a number.
  #places = 0;
  #pointer = null;
  #queued = false;

  /** `svg` to draw in; `onHover(text)` says what is under the pointer, or null. */
  constructor(svg, onHover) {
    this.svg = svg;
    this.onHover = onHover;
    new ResizeObserver(() => this.#queue()).observe(svg);
    svg.addEventListener("pointermove", (event) => { this.#pointer = event.offsetX; this.#queue(); });
    svg.addEventListener("pointerleave", () => { this.#pointer = null; this.#queue(); });
  }

  /** All bars of another instrument, oldest first. */
  show(bars, tick, places) {
    this.#bars = bars.map(numbers);
    this.#step = Number(tick);
    this.#places = places;
    this.#queue();
  }

  /** Bars that grew or began. */
  add(bars) {
    if (!bars.length) return;
    for (const bar of bars.map(numbers)) {
      if (this.#bars.at(-1)?.ms === bar.ms) this.#bars.pop();
      this.#bars.push(bar);
    }
    this.#bars = this.#bars.slice(-BARS_MAX);
    this.#queue();
  }

  #queue() {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => { this.#queued = false; this.#draw(); });
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!width || !height) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const bars = this.#bars;
    if (!bars.length) {
      this.svg.replaceChildren(text(width / 2, height / 2, "No trades yet", "middle"));
      return;
    }

    const right = width - EDGE.right;
    const bottom = height - EDGE.bottom;
    const end = bars.at(-1).ms;
    const start = Math.min(bars[0].ms, end - SPAN_MS_MIN);
    const closes = bars.map((bar) => bar.close);
    const low = Math.min(...closes);
    const high = Math.max(...closes);
    const margin = Math.max((high - low) * 0.08, this.#step * 2);
    const [from, to] = [low - margin, high + margin];
    const priceBottom = bottom - (bottom - EDGE.top) * VOLUME_PART;
    const x = (ms) => EDGE.left + ((ms - start) / (end - start)) * (right - EDGE.left);
    const y = (price) => EDGE.top + ((to - price) / (to - from)) * (priceBottom - EDGE.top);
    const parts = [];

    const last = bars.at(-1).close;
    for (const price of steps(from, to, 5)) {
      const at = Math.round(y(price)) + 0.5;
      parts.push(line(EDGE.left, at, right, at, "grid"));
      if (Math.abs(at - y(last)) < 16) continue; // The tag of the last price stands there.
      parts.push(text(right + 8, at + 4, group(price.toFixed(this.#places))));
    }
    const times = steps(start, end, Math.max(2, Math.floor(width / 150)), TIME_STEPS);
    for (const ms of times) {
      if (x(ms) < EDGE.left + 24 || x(ms) > right - 24) continue;
      parts.push(text(x(ms), height - 6, clock(ms, times[1] - times[0] < 60_000), "middle"));
    }

    const most = Math.max(...bars.map((bar) => bar.qty));
    const wide = Math.max(1, ((right - EDGE.left) / ((end - start) / BAR_MS)) * 0.6);
    for (const bar of bars) {
      const tall = Math.max(1, (bar.qty / most) * (bottom - priceBottom - 6));
      parts.push(make("rect", { x: x(bar.ms) - wide / 2, y: bottom - tall, width: wide, height: tall, class: "volume" }));
    }

    const points = bars.flatMap((bar, index) => {
      // Where nothing traded for a while, the last price stayed what it was.
      const before = bars[index - 1];
      const held = before && bar.ms - before.ms > HOLD_MS ? [[bar.ms, before.close]] : [];
      return [...held, [bar.ms, bar.close]];
    }).map(([ms, price]) => `${x(ms).toFixed(1)},${y(price).toFixed(1)}`);
    const area = `M${x(bars[0].ms).toFixed(1)},${priceBottom}L${points.join("L")}L${x(end).toFixed(1)},${priceBottom}Z`;
    parts.push(make("path", { d: area, class: "area" }));
    parts.push(make("path", { d: `M${points.join("L")}`, class: "line" }));

    const at = Math.round(y(last)) + 0.5;
    parts.push(line(EDGE.left, at, right, at, "now"));
    parts.push(make("rect", { x: right + 3, y: at - 9, width: EDGE.right - 7, height: 18, rx: 4, class: "tag" }));
    parts.push(text(right + 8, at + 4, group(last.toFixed(this.#places)), "start", "tag-text"));

    parts.push(...this.#under(x, right, bottom));
    this.svg.setAttribute("aria-label", `Chart of the last price, now ${group(last.toFixed(this.#places))}`);
    this.svg.replaceChildren(...parts);
  }

  #under(x, right, bottom) {
    if (this.#pointer === null || this.#pointer < EDGE.left || this.#pointer > right) {
      this.onHover(null);
      return [];
    }
    const distance = (bar) => Math.abs(x(bar.ms) - this.#pointer);
    const bar = this.#bars.reduce((best, other) => (distance(other) < distance(best) ? other : best));
    const price = (value) => group(value.toFixed(this.#places));
    this.onHover(`${time(bar.ms)}  O ${price(bar.open)}  H ${price(bar.high)}  L ${price(bar.low)}  C ${price(bar.close)}`);
    return [line(x(bar.ms), EDGE.top, x(bar.ms), bottom, "cross")];
  }
}

const TIME_STEPS = [15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3];

/** Round values between two bounds, about `count` of them. */
function steps(from, to, count, sizes) {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = (sizes ?? [1, 2, 2.5, 5, 10].map((unit) => unit * power)).find((one) => one >= rough) ?? rough;
  const values = [];
  for (let value = Math.ceil(from / size) * size; value <= to; value += size) values.push(value);
  return values;
}

function numbers(bar) {
  const { open, high, low, close, qty } = bar;
  return { ms: milliseconds(bar.start_ns), open: +open, high: +high, low: +low, close: +close, qty: +qty };
}

function make(tag, attributes) {
  const element = document.createElementNS(NAME, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function line(x1, y1, x2, y2, kind) {
  return make("line", { x1, y1, x2, y2, class: kind });
}

function text(x, y, content, anchor = "start", kind = "label") {
  const element = make("text", { x, y, "text-anchor": anchor, class: `${kind} num` });
  element.textContent = content;
  return element;
}
