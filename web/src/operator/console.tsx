// The operator's console: how the venue is doing, and everything an operator may change.

import { TabPanel, Tabs } from "../parts/tabs";
import { say } from "../say/language";
import { go, route } from "../store/route";
import { AccountsPage } from "./accounts";
import { FeesPage } from "./fees";
import { FundsPage } from "./funds";
import { ListingsPage } from "./listings";
import { Overview } from "./overview";

const PAGES = ["overview", "listings", "accounts", "funds", "fees"] as const;
type Page = (typeof PAGES)[number];

export function Console() {
  const page: Page = PAGES.find((one) => one === route.value.rest) ?? "overview";
  return (
    <main id="main" class="page console">
      <h1 class="hidden">{say("place.operator")}</h1>
      <Tabs id="console" label={say("place.operator")} value={page} onChoose={(value) => go("operator", value)} choices={PAGES.map((value) => ({ value, label: say(`console.${value}`) }))} />
      <TabPanel id="console" value={page} class="cards">
        {page === "overview" ? <Overview /> : page === "listings" ? <ListingsPage /> : page === "accounts" ? <AccountsPage /> : page === "funds" ? <FundsPage /> : <FeesPage />}
      </TabPanel>
    </main>
  );
}
