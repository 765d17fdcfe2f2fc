// What the account is worth, how it came about, and moving it.

import { useState } from "preact/hooks";
import { Panel } from "../parts/panel";
import { say } from "../say/language";
import { valueAsset } from "../store/account";
import { BalanceHistory } from "./balance-history";
import { BalanceTable, rowsByValue } from "./balance-table";
import { SubAccountsPanel, TransferPanel, WithdrawPanel } from "./money";
import { Pie } from "./pie";

export function Portfolio() {
  const [picked, setPicked] = useState("");
  const rows = rowsByValue();
  const asset = rows.some((one) => one.asset === picked) ? picked : (rows.find((one) => one.asset === valueAsset.value) ?? rows[0])?.asset ?? "";
  return (
    <main id="main" class="page portfolio">
      <h1 class="hidden">{say("place.portfolio")}</h1>
      <Panel title={say("portfolio.title")} class="worth"><Pie /></Panel>
      <Panel title={say("dock.balances")} note={say("portfolio.pick")} class="span2"><BalanceTable onAsset={setPicked} current={asset} /></Panel>
      <Panel title={asset ? say("balance_history.title", { asset }) : say("balance_history.any")} class="span3">{asset ? <BalanceHistory asset={asset} /> : <p class="empty">{say("balances.none")}</p>}</Panel>
      <TransferPanel />
      <WithdrawPanel />
      <SubAccountsPanel />
    </main>
  );
}
