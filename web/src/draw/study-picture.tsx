// The pictures of a study, as SVG: price with explosive stretches and critical times, BSADF against its line.

import type { ComponentChildren } from "preact";
import { milliseconds } from "../exact/time";
import type { Episode, GaugeStudy } from "../wire/types";

const WIDTH = 720;
const HEIGHT = 190;
const EDGE = 4;
const AHEAD_MAX = 0.25; // Of the stretch on show: critical times further ahead are at the edge.

interface Frame {
  x: (ms: number) => number;
  y: (value: number) => number;
}

export function PricePicture({ study, label }: { study: GaugeStudy; label: string }) {
  const times = study.times_ns.map(milliseconds);
  const prices = study.prices.map(Number); // For a picture; never for money.
  const { x, y } = frame(study, times, prices);
  const fan = study.critical_times_ns.map((ns) => x(milliseconds(ns)));
  const range = study.gauge.critical_time;
  const band = range?.low_ns && range.high_ns ? [x(milliseconds(range.low_ns)), x(milliseconds(range.high_ns))] as const : null;
  return (
    <Picture label={label}>
      <Stretches study={study} x={x} />
      {band ? <rect class="fan-band" x={band[0]} y={0} width={Math.max(1, band[1] - band[0])} height={HEIGHT} /> : null}
      {fan.map((at, index) => <line key={index} class="fan" x1={at} x2={at} y1={HEIGHT - 14} y2={HEIGHT} />)}
      {range?.median_ns ? <line class="fan" x1={x(milliseconds(range.median_ns))} x2={x(milliseconds(range.median_ns))} y1={0} y2={HEIGHT} /> : null}
      <path class="price" d={path(times, prices, x, y)} />
    </Picture>
  );
}

export function PathPicture({ study, label }: { study: GaugeStudy; label: string }) {
  const times = study.times_ns.map(milliseconds);
  const ends = times.slice(times.length - study.bsadf.length);
  const { x, y } = frame(study, times, [...study.bsadf, ...study.line].filter((value): value is number => value !== null));
  return (
    <Picture label={label}>
      <Stretches study={study} x={x} />
      <path class="line" d={path(ends, study.line, x, y)} />
      <path class="bsadf" d={path(ends, study.bsadf, x, y)} />
    </Picture>
  );
}

function Picture({ label, children }: { label: string; children: ComponentChildren }) {
  return <svg class="study-picture" role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">{children}</svg>;
}

function Stretches({ study, x }: { study: GaugeStudy; x: Frame["x"] }) {
  return (
    <>
      {study.episodes.map((one: Episode) => {
        const left = x(milliseconds(one.start_ns));
        return <rect key={one.start_ns} class={`stretch ${one.direction}`} x={left} y={0} width={Math.max(2, x(milliseconds(one.end_ns)) - left)} height={HEIGHT} />;
      })}
    </>
  );
}

/** Both pictures share the axis of time, with room for critical times at its end. */
function frame(study: GaugeStudy, times: readonly number[], values: readonly number[]): Frame {
  const begin = times[0] ?? 0;
  const end = times.at(-1) ?? 1;
  const high = study.gauge.critical_time?.high_ns;
  const until = Math.max(end, Math.min(high ? milliseconds(high) : end, end + AHEAD_MAX * (end - begin)));
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const span = top - low || 1;
  return {
    x: (ms) => (WIDTH - EDGE) * Math.min(1, Math.max(0, (ms - begin) / (until - begin || 1))),
    y: (value) => HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * ((value - low) / span),
  };
}

function path(times: readonly number[], values: readonly (number | null)[], x: Frame["x"], y: Frame["y"]): string {
  let text = "";
  values.forEach((value, index) => {
    if (value !== null) text += `${text ? "L" : "M"}${x(times[index]!).toFixed(1)} ${y(value).toFixed(1)}`;
  });
  return text;
}
