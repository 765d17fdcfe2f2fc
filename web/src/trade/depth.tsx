// The depth picture beneath the chart.

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { DepthPicture } from "../draw/depth-picture";
import { places, toStep } from "../exact/decimal";
import { number } from "../say/format";
import { language, say } from "../say/language";
import { painted } from "../store/appearance";
import { atMostEach, forget } from "../store/frame";
import { book, instrument } from "../store/market";
import { takePrice } from "../store/ticket";

const DRAWN_MS = 120;

export function Depth() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const note = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (!canvas.current) return undefined;
    const digits = () => places(instrument.peek()?.tick ?? "0.01");
    const picture = new DepthPicture(canvas.current, (price) => number(price.toFixed(digits())), (pointed) => {
      const what = instrument.peek();
      const text = pointed && what
        ? say(pointed.side === "buy" ? "depth.bids" : "depth.asks", { price: number(pointed.price.toFixed(digits())), qty: number(pointed.total.toFixed(places(what.lot))), asset: what.base })
        : "";
      if (note.current && note.current.textContent !== text) note.current.textContent = text;
    }, (price) => {
      const tick = instrument.peek()?.tick;
      if (tick) takePrice(toStep(Math.max(0, price).toFixed(places(tick)), tick)); // A place on a picture: rounded by nature.
    });
    const endShow = effect(() => {
      const { bids, asks } = book.value;
      atMostEach(DRAWN_MS, picture, () => picture.show(bids, asks));
    });
    const endPaint = effect(() => {
      void painted.value;
      void language.value;
      picture.paint();
    });
    return () => { endShow(); endPaint(); forget(picture); picture.close(); };
  }, []);
  return (
    <section class="pane depth" aria-labelledby="depth-title">
      <header class="pane-head"><h2 id="depth-title">{say("depth.title")}</h2><p class="muted num" ref={note} aria-hidden="true" /></header>
      <canvas ref={canvas} role="img" aria-label={say("depth.label", { instrument: instrument.value?.name ?? "" })} />
    </section>
  );
}
