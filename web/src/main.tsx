// The page begins here.

import { render } from "preact";
import "./style/index.css";
import { App } from "./shell/app";
import { followAccount } from "./store/account";
import "./store/appearance";
import { followContract } from "./store/contracts";
import { followGauges } from "./store/gauges";
import { followMargin } from "./store/margin";
import { followMarket } from "./store/market";
import { followTickers } from "./store/tickers";
import { begin } from "./store/venue";

const root = document.getElementById("app");
if (!root) throw new Error("index.html has no #app");
render(<App />, root);
followTickers();
followMarket();
followContract();
followAccount();
followMargin();
followGauges();
void begin();
