// Under the chart: what the account has open, has done, and has.

import { signal } from "@preact/signals";
import { Check } from "../parts/field";
import { Confirm } from "../parts/dialog";
import { TabPanel, Tabs } from "../parts/tabs";
import { say } from "../say/language";
import { Positions } from "../margin/positions";
import { Twaps } from "../margin/twaps";
import { orders } from "../store/account";
import { chosen } from "../store/market";
import { positions } from "../store/margin";
import { cancelAll } from "../store/orders";
import { asking, signedIn } from "../store/session";
import { remembered } from "../store/remembered";
import { BalanceTable } from "../portfolio/balance-table";
import { OpenOrders } from "./open-orders";
import { Fills, OrderHistory } from "./past";

const TABS = ["positions", "orders", "history", "fills", "balances"] as const;
type Tab = (typeof TABS)[number];

export const tab = remembered<Tab>("dock", "orders", (text) => TABS.includes(text as Tab));
export const confirming = signal(false); // Whether "cancel all" is being asked about.
const onlyThis = remembered<"yes" | "no">("dock-only-this", "no", (text) => text === "yes" || text === "no");

function badgeOf(value: Tab): string {
  const many = value === "orders" ? orders.value.length : value === "positions" ? positions.value.length : 0;
  return many ? String(many) : "";
}

export function Dock() {
  const one = onlyThis.value === "yes" ? chosen.value : "";
  const open = orders.value.filter((order) => !one || order.instrument === one);
  return (
    <section class="pane dock" aria-label={say("dock.title")}>
      <Tabs
        id="dock" label={say("dock.title")} value={tab.value} onChoose={(value) => { tab.value = value; }}
        choices={TABS.map((value) => ({ value, label: say(`dock.${value}`), badge: badgeOf(value) }))}
      >
        {tab.value === "balances" ? null : <Check label={say("dock.only_this")} checked={onlyThis.value === "yes"} onChecked={(on) => { onlyThis.value = on ? "yes" : "no"; }} />}
        {tab.value === "orders" && open.length ? <button type="button" class="quiet bad small" onClick={() => { confirming.value = true; }}>{say("act.cancel_all")}</button> : null}
      </Tabs>
      <TabPanel id="dock" value={tab.value}>
        {!signedIn.value ? (
          <p class="empty">{say("dock.signed_out")} <button type="button" class="link" onClick={() => { asking.value = true; }}>{say("sign.in")}</button></p>
        ) : tab.value === "positions" ? <><Positions rows={positions.value.filter((row) => !one || row.instrument === one)} /><Twaps /></>
          : tab.value === "orders" ? <OpenOrders rows={open} />
          : tab.value === "history" ? <OrderHistory instrument={one} />
          : tab.value === "fills" ? <Fills instrument={one} />
          : <BalanceTable />}
      </TabPanel>
      {confirming.value ? (
        <Confirm
          title={say("orders.cancel_all_title")} text={one ? say("orders.cancel_all_one", { instrument: one }) : say("orders.cancel_all_text")}
          act={say("act.cancel_all")} onDone={() => void cancelAll(one)} onClose={() => { confirming.value = false; }}
        />
      ) : null}
    </section>
  );
}
