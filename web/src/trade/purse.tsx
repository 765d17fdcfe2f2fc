// What the account has of the two assets of this instrument, and of everything.

import { brief, money } from "../say/format";
import { say } from "../say/language";
import { balances, valueAsset } from "../store/account";
import { instrument } from "../store/market";
import { signedIn } from "../store/session";
import { worth } from "../store/worth";

const PLACES = 6; // More digits than a glance can use are on the balances tab.

export function Purse() {
  const what = instrument.value;
  if (!what || !signedIn.value) return null;
  return (
    <section class="purse" aria-label={say("dock.balances")}>
      <table>
        <thead><tr><th scope="col">{say("col.asset")}</th><th scope="col" class="num">{say("col.free")}</th><th scope="col" class="num">{say("col.in_orders")}</th></tr></thead>
        <tbody>
          {[what.base, what.quote].map((asset) => (
            <tr key={asset}><td>{asset}</td><td class="num">{brief(balances.value.get(asset)?.free ?? "0", PLACES)}</td><td class="num">{brief(balances.value.get(asset)?.in_orders ?? "0", PLACES)}</td></tr>
          ))}
        </tbody>
      </table>
      <p class="purse-worth"><span class="muted">{say("portfolio.worth")}</span><b class="num">{money(worth.value)} {valueAsset.value ?? ""}</b></p>
    </section>
  );
}
