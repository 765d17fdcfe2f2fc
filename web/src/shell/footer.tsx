// The foot of the page: how the connection is, how far the venue is, and who drew the chart.

import { Icon } from "../parts/icon";
import { clock, count } from "../say/format";
import { say } from "../say/language";
import { link, seq, status, venueTime } from "../store/venue";
import { helping } from "./shortcuts";

const STATES = { connecting: "link.connecting", live: "link.live", down: "link.down" } as const;
const HOST = "www.tradingview.com";

export function Footer() {
  const stopped = status.value?.status === "stopped";
  return (
    <footer class="foot">
      <p class="link-state" data-state={stopped ? "down" : link.value} role="status" data-testid="link"><i />{stopped ? say("link.stopped") : say(STATES[link.value])}</p>
      <p class="num">{say("link.seq")} <b data-testid="seq">{count(seq.value)}</b></p>
      <p class="num wide">{venueTime.value ? clock(venueTime.value) : ""}</p>
      <p class="push"><button type="button" class="quiet small" aria-label={say("keyboard.title")} onClick={() => { helping.value = true; }}><Icon name="keyboard" /><span class="wide">{say("keyboard.title")}</span></button></p>
      <p class="wide"><a href="/docs">{say("foot.docs")}</a></p>
      <p class="wide"><a href={`https://${HOST}/`} rel="noreferrer">{say("foot.charts")}</a></p>
      <p class="wide"><a href="/licenses.txt">{say("foot.licenses")}</a></p>
      <p class="wide muted">{status.value ? say("foot.version", { version: status.value.version }) : ""}</p>
    </footer>
  );
}
