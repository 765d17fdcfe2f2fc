// The trading desk: all panes side by side where there is room, one at a time on a phone.

import { signal } from "@preact/signals";
import { Dialog } from "../parts/dialog";
import { Tabs } from "../parts/tabs";
import { say } from "../say/language";
import { roomy } from "../store/appearance";
import { side } from "../store/ticket";
import { Chart, withDepth } from "./chart";
import { Depth } from "./depth";
import { Dock } from "./dock";
import { studying } from "./gauge";
import { OrderBook } from "./order-book";
import { QuoteBar } from "./quote-bar";
import { Study } from "./study";
import { Tape } from "./tape";
import { Ticket } from "./ticket";
import { WatchList } from "./watch-list";

const PANES = ["chart", "book", "tape", "ticket"] as const;
export const pane = signal<(typeof PANES)[number]>("chart"); // Of a phone.
export const picking = signal(false); // Whether the list is open where there is no room for it.

export function Desk() {
  return (
    <main id="main" class="desk" data-pane={pane.value} data-depth={withDepth.value}>
      {roomy.value ? <WatchList /> : null}
      <QuoteBar onPick={() => { picking.value = true; }} />
      <div class="pane-tabs">
        <Tabs id="pane" label={say("desk.panes")} value={pane.value} onChoose={(value) => { pane.value = value; }} choices={PANES.map((value) => ({ value, label: say(`pane.${value}`) }))} />
      </div>
      <div class="middle" id="pane-panel">
        <Chart />
        {withDepth.value === "yes" ? <Depth /> : null}
      </div>
      <OrderBook />
      <Tape />
      <Ticket />
      <Dock />
      <div class="thumb">
        {(["buy", "sell"] as const).map((way) => (
          <button key={way} type="button" class={`submit ${way}`} onClick={() => { side.value = way; pane.value = "ticket"; scrollTo({ top: 0 }); }}>{say(way === "buy" ? "ticket.buy" : "ticket.sell")}</button>
        ))}
      </div>
      {studying.value ? <Study name={studying.value} onClose={() => { studying.value = ""; }} /> : null}
      {picking.value ? (
        <Dialog title={say("watch.title")} class="picker" onClose={() => { picking.value = false; }}>
          <WatchList onChosen={() => { picking.value = false; }} />
        </Dialog>
      ) : null}
    </main>
  );
}
