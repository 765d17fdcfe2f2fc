// Depth as two stairs that rise from the middle of the book, on a canvas of its own.

import { approximate } from "../exact/decimal";
import { colour } from "../store/appearance";
import type { Level } from "../wire/depth";

export interface Pointed {
  side: "buy" | "sell";
  price: number;
  total: number; // Quantity up to that price.
}

interface Stair {
  price: number;
  total: number;
}

const EDGE_PX = 18; // For the prices beneath.

export class DepthPicture {
  #bids: Stair[] = [];
  #asks: Stair[] = [];
  #pointer: number | null = null;
  #colours = { up: "", down: "", upWash: "", downWash: "", muted: "", line: "" };
  #observer: ResizeObserver;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly label: (price: number) => string,
    private readonly onPoint: (pointed: Pointed | null) => void,
    private readonly onPick: (price: number) => void,
  ) {
    this.#observer = new ResizeObserver(() => this.draw());
    this.#observer.observe(canvas);
    canvas.addEventListener("pointermove", (event) => { this.#pointer = event.offsetX; this.draw(); });
    canvas.addEventListener("click", (event) => this.#pick(event.offsetX));
    canvas.addEventListener("pointerleave", () => { this.#pointer = null; this.draw(); });
    this.paint();
  }

  paint(): void {
    this.#colours = { up: colour("up"), down: colour("down"), upWash: colour("up-wash"), downWash: colour("down-wash"), muted: colour("muted"), line: colour("line") };
    this.draw();
  }

  show(bids: readonly Level[], asks: readonly Level[]): void {
    this.#bids = stairs(bids);
    this.#asks = stairs(asks);
    this.draw();
  }

  close(): void { this.#observer.disconnect(); }

  draw(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const pen = this.canvas.getContext("2d");
    if (!pen || !width || !height) return;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const [bid, ask] = [this.#bids[0], this.#asks[0]];
    if (!bid || !ask) return this.onPoint(null);

    const middle = (bid.price + ask.price) / 2;
    const reach = this.#reach(middle);
    const floor = height - EDGE_PX;
    const within = (stair: Stair) => Math.abs(stair.price - middle) <= reach;
    const [bids, asks] = [this.#bids.filter(within), this.#asks.filter(within)];
    const most = Math.max(bids.at(-1)?.total ?? 0, asks.at(-1)?.total ?? 0) || 1;
    const x = (price: number) => width / 2 + ((price - middle) / reach) * (width / 2);
    const y = (total: number) => floor - (total / most) * (floor - 6);

    for (const [side, edge, fill, line] of [[bids, 0, this.#colours.upWash, this.#colours.up], [asks, width, this.#colours.downWash, this.#colours.down]] as const) {
      pen.beginPath();
      const start = side[0];
      if (!start) continue;
      pen.moveTo(x(start.price), floor);
      let at = floor;
      for (const stair of side) {
        pen.lineTo(x(stair.price), at);
        at = y(stair.total);
        pen.lineTo(x(stair.price), at);
      }
      pen.lineTo(edge, at);
      pen.strokeStyle = line;
      pen.lineWidth = 1.25;
      pen.stroke();
      pen.lineTo(edge, floor);
      pen.closePath();
      pen.fillStyle = fill;
      pen.fill();
    }
    this.#axis(pen, width, floor, height, middle, reach);
    this.#point(pen, width, floor, middle, reach, bids, asks);
  }

  #pick(at: number): void {
    const [bid, ask] = [this.#bids[0], this.#asks[0]];
    if (!bid || !ask) return;
    const middle = (bid.price + ask.price) / 2;
    const half = this.canvas.clientWidth / 2;
    this.onPick(middle + ((at - half) / half) * this.#reach(middle));
  }

  /** Far enough to see most of what is near, not so far that one order at the end of the world flattens the rest. */
  #reach(middle: number): number {
    const typical = (side: Stair[]) => Math.abs((side[Math.min(side.length - 1, Math.max(8, Math.floor(side.length * 0.7)))] ?? side.at(-1)!).price - middle);
    return Math.max(typical(this.#bids), typical(this.#asks), middle * 1e-6);
  }

  #axis(pen: CanvasRenderingContext2D, width: number, floor: number, height: number, middle: number, reach: number): void {
    pen.fillStyle = this.#colours.line;
    pen.fillRect(0, floor, width, 1);
    pen.fillRect(Math.round(width / 2), 0, 1, floor);
    pen.fillStyle = this.#colours.muted;
    pen.font = `11px ${getComputedStyle(this.canvas).fontFamily}`;
    pen.textBaseline = "alphabetic";
    for (const [part, align] of [[-0.98, "left"], [0, "center"], [0.98, "right"]] as const) {
      pen.textAlign = align;
      pen.fillText(this.label(middle + reach * part), width / 2 + (width / 2) * part, height - 5);
    }
  }

  #point(pen: CanvasRenderingContext2D, width: number, floor: number, middle: number, reach: number, bids: Stair[], asks: Stair[]): void {
    if (this.#pointer === null) return this.onPoint(null);
    const price = middle + ((this.#pointer - width / 2) / (width / 2)) * reach;
    const side = price < middle ? "buy" : "sell";
    const reached = (side === "buy" ? bids : asks).filter((stair) => (side === "buy" ? stair.price >= price : stair.price <= price)).at(-1);
    pen.fillStyle = this.#colours.muted;
    pen.fillRect(Math.round(this.#pointer), 0, 1, floor);
    this.onPoint({ side, price, total: reached?.total ?? 0 });
  }
}

function stairs(levels: readonly Level[]): Stair[] {
  let total = 0;
  return levels.map(([price, qty]) => ({ price: approximate(price), total: (total += approximate(qty)) }));
}
