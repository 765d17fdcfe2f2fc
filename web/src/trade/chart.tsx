// Candles of the instrument on show: history by REST, what grows by the stream.

import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { TickMarkType } from "lightweight-charts";
import { CandleChart, type Tongue } from "../draw/candles";
import { nanoseconds, milliseconds } from "../exact/time";
import { Check, Select } from "../parts/field";
import { Segments } from "../parts/tabs";
import { number, short } from "../say/format";
import { language, locale, say, sayOf } from "../say/language";
import { painted } from "../store/appearance";
import { atMostEach, forget } from "../store/frame";
import { chosen, instrument } from "../store/market";
import { remembered } from "../store/remembered";
import { instruments, stream } from "../store/venue";
import { get } from "../wire/rest";
import type { Candle, Subscription } from "../wire/types";

export type Interval = NonNullable<Subscription["interval"]>;
export const INTERVALS: readonly Interval[] = ["1s", "5s", "15s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M"];
const COMMON: readonly Interval[] = ["5s", "1m", "5m", "15m", "1h", "4h", "1d"];
const PAGE = 600;
const DRAWN_MS = 150;
const FEW = 24; // With fewer candles than this a young venue is seen better at a finer interval.

export const wish = remembered<Interval | "auto">("interval", "auto", (text) => text === "auto" || INTERVALS.includes(text as Interval));
const interval = signal<Interval>(wish.value === "auto" ? "1m" : wish.value);
export const withDepth = remembered<"yes" | "no">("depth", "yes", (text) => text === "yes" || text === "no");

export function chooseInterval(value: Interval): void {
  wish.value = value;
  interval.value = value;
}

export function Chart() {
  const box = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLParagraphElement>(null);

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let pointed: Candle | null = null;
    let latest: Candle | null = null;
    const tell = () => { if (legend.current) fill(legend.current, pointed ?? latest); };
    let loadOlder = () => {};
    const chart = new CandleChart(element, tongue(), (candle) => { pointed = candle; tell(); }, () => loadOlder());
    const endPaint = effect(() => {
      void painted.value;
      void language.value;
      chart.paint(tongue());
    });
    const endFollow = effect(() => {
      const name = chosen.value;
      const step = interval.value;
      const tick = instruments.peek().get(name)?.tick;
      if (!tick) return undefined;
      latest = null;
      chart.scale(tick, isWithinDay(step));
      chart.show([]);
      tell();
      const followed = follow(name, step, {
        show: (candles) => { chart.show(candles); latest = candles.at(-1) ?? null; tell(); },
        add: (candles) => {
          chart.add(candles);
          const last = candles.at(-1);
          if (last && (!latest || BigInt(last.start_ns) >= BigInt(latest.start_ns))) { latest = last; tell(); }
        },
        oldest: () => chart.oldest,
      });
      loadOlder = followed.older;
      return followed.end;
    });
    return () => { endFollow(); endPaint(); chart.close(); };
  }, [instruments.value.size > 0]);

  const what = instrument.value;
  return (
    <section class="pane chart" aria-labelledby="chart-title">
      <header class="pane-head chart-head">
        <h2 class="hidden" id="chart-title">{say("chart.title")}</h2>
        <Segments
          label={say("chart.interval")} value={interval.value} onChoose={chooseInterval} class="intervals"
          choices={COMMON.map((value) => ({ value, label: value }))}
        />
        <Select
          label={say("chart.more")} hideLabel value={interval.value} onValue={chooseInterval} class="small"
          options={INTERVALS.map((value) => ({ value, label: sayOf("interval", value === "1M" ? "1mo" : value) }))}
        />
        <Check label={say("chart.depth")} checked={withDepth.value === "yes"} onChecked={(on) => { withDepth.value = on ? "yes" : "no"; }} />
      </header>
      <p class="legend num" ref={legend} aria-hidden="true" />
      <div class="chart-box" ref={box} role="img" aria-label={say("chart.label", { instrument: what?.name ?? "" })} />
    </section>
  );
}

/** Candles of a day and more begin at midnight UTC, whatever the reader's clock says. */
function isWithinDay(step: Interval): boolean {
  return /[smh]$/.test(step);
}

interface Canvas {
  show: (candles: readonly Candle[]) => void;
  add: (candles: readonly Candle[]) => void;
  oldest: () => Candle | null;
}

/** Load and follow; `older` asks for what lies before, once at a time, until there is no more. */
function follow(name: string, step: Interval, canvas: Canvas): { end: () => void; older: () => void } {
  let ended = false;
  let loaded = false;
  let asking = false;
  let first = false; // Whether the very first candle is here.
  let waiting: Candle[] = [];
  const key = {};
  const fetchPage = (query: { start_ns?: string; end_ns?: string }) => get<{ items: Candle[] }>("/v1/candles", { query: { instrument: name, interval: step, limit: PAGE, ...query } });
  const show = () => { if (loaded && !ended) { canvas.add(waiting); waiting = []; } };
  const load = async () => {
    const page = await fetchPage({});
    if (ended) return;
    if (wish.peek() === "auto" && page.items.length < FEW && (step === "1m" || step === "15s")) {
      interval.value = step === "1m" ? "15s" : "1s";
      return;
    }
    canvas.show(page.items);
    loaded = true;
    show();
  };
  const start = () => { void load().catch(() => { loaded = true; show(); }); }; // The stream's own candles have to do.
  start();
  const end = stream.follow({ channel: "candles", instrument: name, interval: step }, {
    take(message) {
      if (message.type !== "candles") return;
      waiting.push(...message.items);
      atMostEach(DRAWN_MS, key, show);
    },
    missed: start,
  });
  return {
    end() { ended = true; forget(key); end(); },
    older() {
      const oldest = canvas.oldest();
      if (!loaded || asking || first || ended || !oldest) return;
      asking = true;
      const before = nanoseconds(milliseconds(oldest.start_ns) - 1);
      fetchPage({ end_ns: before }).then((page) => {
        if (ended) return;
        const news = page.items.filter((candle) => BigInt(candle.start_ns) < BigInt(oldest.start_ns));
        first = news.length === 0;
        if (news.length) canvas.add(news);
      }).catch(() => { first = true; }).finally(() => { asking = false; });
    },
  };
}

function fill(element: HTMLElement, candle: Candle | null): void {
  const parts: [string, string][] = candle
    ? [[say("chart.o"), number(candle.open)], [say("chart.h"), number(candle.high)], [say("chart.l"), number(candle.low)], [say("chart.c"), number(candle.close)], [say("chart.v"), short(candle.qty)]]
    : [];
  element.replaceChildren(...parts.flatMap(([label, value]) => {
    const name = document.createElement("span");
    name.textContent = label;
    const text = document.createElement("b");
    text.textContent = value;
    return [name, text];
  }));
}

function tongue(): Tongue {
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(locale.value, { hourCycle: "h23", ...options, ...(isWithinDay(interval.value) ? {} : { timeZone: "UTC" }) });
    return (ms: number) => formatter.format(ms);
  };
  const full = format({ year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const marks: Record<number, (ms: number) => string> = {
    [TickMarkType.Year]: format({ year: "numeric" }),
    [TickMarkType.Month]: format({ month: "short" }),
    [TickMarkType.DayOfMonth]: format({ month: "short", day: "numeric" }),
    [TickMarkType.Time]: format({ hour: "2-digit", minute: "2-digit" }),
    [TickMarkType.TimeWithSeconds]: format({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  };
  return { number, time: full, mark: (ms, kind) => (marks[kind] ?? full)(ms) };
}
