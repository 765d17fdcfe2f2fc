// What the order being written would do, asked of the venue a moment after the last key.

import { useEffect, useState } from "preact/hooks";
import { compare, sign, withPlaces } from "../exact/decimal";
import { brief, number, NONE } from "../say/format";
import { say } from "../say/language";
import { sayProblem } from "../say/problem";
import { balances } from "../store/account";
import { instrument } from "../store/market";
import { account, signedIn } from "../store/session";
import { kind, preview, request } from "../store/ticket";
import { decimalsOf, link } from "../store/venue";
import { post, ProblemError } from "../wire/rest";
import type { PlaceOrder, Preview } from "../wire/types";

const QUIET_MS = 220;
const AGAIN_MS = 2500; // The book moves under the order.

export function PreviewBox() {
  const order = request.value;
  const text = order && kind.value !== "twap" ? JSON.stringify(order) : "";
  const [stale, setStale] = useState(false);
  useEffect(() => {
    if (!text || !signedIn.value) { preview.value = null; return undefined; }
    setStale(true);
    const stop = new AbortController();
    const ask = () => link.peek() !== "down" && post<Preview>("/v1/orders/preview", JSON.parse(text) as PlaceOrder, { account: account.value, signal: stop.signal })
      .then((answer) => { preview.value = answer; setStale(false); })
      .catch((error: unknown) => { if (error instanceof ProblemError) { preview.value = refused(error); setStale(false); } });
    const timer = setTimeout(ask, QUIET_MS);
    const again = setInterval(() => { if (!document.hidden) void ask(); }, AGAIN_MS);
    return () => { stop.abort(); clearTimeout(timer); clearInterval(again); };
  }, [text, signedIn.value, account.value]);

  const now = preview.value;
  const what = instrument.value;
  const unit = what?.quote ?? "";
  const amount = (value: string | undefined, asset: string) => (value !== undefined && asset && now?.hold_asset ? `${number(withPlaces(value, Math.min(2, decimalsOf(asset))))} ${asset}` : NONE);
  const fills = now && sign(now.fills_qty) > 0 ? now : null;
  const problem = now?.problem ? sayProblem(now.problem) : null;
  const short = now?.accepted === false && now.hold_asset && compare(now.hold, balances.value.get(now.hold_asset)?.free ?? now.free) > 0;
  return (
    <div class="preview" data-stale={stale ? "" : undefined} aria-live="off">
      <dl class="num">
        <div><dt>{say("preview.notional")}</dt><dd>{amount(now?.notional, unit)}</dd></div>
        <div><dt>{say("preview.fee_max")}</dt><dd>{amount(now?.fee_max, unit)}</dd></div>
        <div class={short ? "short" : ""}><dt>{say("preview.hold")}</dt><dd>{amount(now?.hold, now?.hold_asset ?? "")}</dd></div>
        {now?.margin ? <div class={now.margin.available_after.startsWith("-") ? "short" : ""}><dt>{say("preview.margin")}</dt><dd>{say("preview.margin_after", { before: brief(now.margin.required, 0), after: brief(now.margin.required_after, 0) })}</dd></div> : null}
        <div><dt>{say("preview.fills")}</dt><dd>{fills && what ? say("preview.fills_at", { qty: `${number(fills.fills_qty)} ${what.base}`, price: number(fills.average) }) : now?.hold_asset ? say("preview.rests") : NONE}</dd></div>
      </dl>
      <p class="preview-problem" title={problem?.detail}>{problem ? problem.text : ""}</p>
    </div>
  );
}

/** A preview that says no more than what is wrong with the order. */
function refused(error: ProblemError): Preview {
  return {
    accepted: false, problem: error.problem, price: null, notional: "0", fee_max: "0", hold: "0", hold_asset: "", free: "0",
    fills_qty: "0", fills_cost: "0", fills_fee: "0", average: null, maker_ppm: 0, taker_ppm: 0, margin: null,
  };
}
