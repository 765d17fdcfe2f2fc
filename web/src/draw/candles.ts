// The candle chart: lightweight-charts in our colours. It only draws; prices become floats here and nowhere else.

import {
  CandlestickSeries, type CandlestickData, ColorType, createChart, CrosshairMode, HistogramSeries, type HistogramData,
  type IChartApi, type ISeriesApi, LineStyle, type MouseEventParams, type TickMarkType, type UTCTimestamp,
} from "lightweight-charts";
import { approximate, type Dec, places } from "../exact/decimal";
import { milliseconds } from "../exact/time";
import { colour } from "../store/appearance";
import type { Candle } from "../wire/types";

export interface Tongue {
  number: (text: string) => string;
  time: (ms: number) => string; // Under the crosshair.
  mark: (ms: number, kind: TickMarkType) => string; // On the axis.
}

const CANDLES_MAX = 40_000; // A window left open at one second an interval for days should not grow without end.
const KEPT = 36_000; // Of those, when there are as many.

export class CandleChart {
  #chart: IChartApi;
  #candles: ISeriesApi<"Candlestick">;
  #volume: ISeriesApi<"Histogram">;
  #byTime = new Map<number, Candle>();
  #last = 0;
  #shiftSeconds = 0;
  #wash = { up: "", down: "" };

  /** `onPoint` hears which candle the pointer is on, or null; `onEdge` that the oldest came into sight. */
  constructor(
    box: HTMLElement,
    private tongue: Tongue,
    onPoint: (candle: Candle | null) => void,
    onEdge: () => void,
  ) {
    this.#chart = createChart(box, {
      autoSize: true,
      layout: { attributionLogo: false, background: { type: ColorType.Solid, color: "transparent" }, fontSize: 11 },
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 4, barSpacing: 7, minBarSpacing: 1.5 },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.22 }, minimumWidth: 72 },
    });
    this.#candles = this.#chart.addSeries(CandlestickSeries, { priceLineStyle: LineStyle.Dotted });
    this.#volume = this.#chart.addSeries(HistogramSeries, { priceScaleId: "", lastValueVisible: false, priceLineVisible: false, priceFormat: { type: "volume" } });
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.#chart.subscribeCrosshairMove((event: MouseEventParams) => onPoint(typeof event.time === "number" ? (this.#byTime.get(event.time) ?? null) : null));
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => { if (range && range.from < 8 && this.#byTime.size) onEdge(); });
    this.paint();
  }

  /** Take the colours and the language as they are now. */
  paint(tongue: Tongue = this.tongue): void {
    this.tongue = tongue;
    const [up, down, line, muted, text] = [colour("up"), colour("down"), colour("grid"), colour("muted"), colour("text")];
    this.#wash = { up: colour("up-bar"), down: colour("down-bar") };
    this.#chart.applyOptions({
      layout: { textColor: muted, fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      crosshair: { vertLine: { color: muted, labelBackgroundColor: colour("label") }, horzLine: { color: muted, labelBackgroundColor: colour("label") } },
      rightPriceScale: { borderColor: colour("line") },
      timeScale: { borderColor: colour("line"), tickMarkFormatter: (time: UTCTimestamp, kind: TickMarkType) => tongue.mark(this.#unshifted(time), kind) },
      localization: { timeFormatter: (time: UTCTimestamp) => tongue.time(this.#unshifted(time)) },
    });
    this.#candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false, priceLineColor: text });
    this.#volume.setData(this.#sorted().map((candle) => this.#volumeOf(candle)));
  }

  /**
   * The axes of an instrument whose least price step is `tick`. The library knows no time zones and marks days at
   * midnight UTC, so times within a day are handed to it shifted by what the reader's clock is ahead.
   */
  scale(tick: Dec, local: boolean): void {
    this.#shiftSeconds = local ? -new Date().getTimezoneOffset() * 60 : 0;
    this.#chart.applyOptions({ timeScale: { timeVisible: local, secondsVisible: local } });
    const digits = places(tick);
    const formatter = (price: number) => this.tongue.number(Math.max(0, price).toFixed(digits));
    this.#candles.applyOptions({ priceFormat: { type: "custom", minMove: Number(tick), formatter } });
  }

  /** These candles and no others. */
  show(candles: readonly Candle[]): void {
    this.#byTime.clear();
    this.#last = 0;
    this.#candles.setData([]);
    this.#volume.setData([]);
    this.add(candles);
    const size = this.#byTime.size;
    if (size) this.#chart.timeScale().setVisibleLogicalRange({ from: Math.max(-4, size - 110), to: size + 4 });
  }

  /** Candles that grew, began, or are older than those shown. */
  add(candles: readonly Candle[]): void {
    let older = false;
    for (const candle of candles) {
      const time = this.#timeOf(candle);
      this.#byTime.set(time, candle);
      if (time < this.#last) older = true;
      else if (!older && candles.length < 16) {
        this.#last = time;
        this.#candles.update(this.#candleOf(candle));
        this.#volume.update(this.#volumeOf(candle));
      }
    }
    if (!older && candles.length < 16 && this.#byTime.size < CANDLES_MAX) return;
    const all = this.#sorted().slice(-KEPT);
    this.#byTime = new Map(all.map((candle) => [this.#timeOf(candle), candle]));
    this.#last = all.length ? this.#timeOf(all.at(-1)!) : 0;
    this.#candles.setData(all.map((candle) => this.#candleOf(candle)));
    this.#volume.setData(all.map((candle) => this.#volumeOf(candle)));
  }

  /** None where there are as many as may be kept. */
  get oldest(): Candle | null { return this.#byTime.size < KEPT - 1000 ? (this.#sorted()[0] ?? null) : null; }

  close(): void { this.#chart.remove(); }

  #sorted(): Candle[] {
    return [...this.#byTime.entries()].sort(([a], [b]) => a - b).map(([, candle]) => candle);
  }

  #candleOf(candle: Candle): CandlestickData<UTCTimestamp> {
    return {
      time: this.#timeOf(candle), open: approximate(candle.open), high: approximate(candle.high),
      low: approximate(candle.low), close: approximate(candle.close),
    };
  }

  #timeOf(candle: Candle): UTCTimestamp {
    return (Math.floor(milliseconds(candle.start_ns) / 1000) + this.#shiftSeconds) as UTCTimestamp;
  }

  /** Milliseconds since 1970 of a place on the axis. */
  #unshifted(time: UTCTimestamp): number {
    return (time - this.#shiftSeconds) * 1000;
  }

  #volumeOf(candle: Candle): HistogramData<UTCTimestamp> {
    const rose = approximate(candle.close) >= approximate(candle.open);
    return { time: this.#timeOf(candle), value: approximate(candle.qty), color: rose ? this.#wash.up : this.#wash.down };
  }
}
