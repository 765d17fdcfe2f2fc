// Head, one of the places, foot, and what floats above them.

import { Keys } from "../access/keys";
import { Settings } from "../access/settings";
import { SignInDialog } from "../access/sign-in";
import { Options } from "../contracts/options";
import { QuestionCards } from "../contracts/questions";
import { Margin } from "../margin/margin";
import { Console } from "../operator/console";
import { Portfolio } from "../portfolio/portfolio";
import { Statement } from "../portfolio/statement";
import { say } from "../say/language";
import { route } from "../store/route";
import { asking, isOperator, session } from "../store/session";
import { link } from "../store/venue";
import { Desk } from "../trade/desk";
import { Footer } from "./footer";
import { Header } from "./header";
import { Notices } from "./notices";
import { Shortcuts } from "./shortcuts";

export function App() {
  return (
    <div class="app" data-link={link.value} data-place={route.value.place}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.querySelector<HTMLElement>("button, [tabindex='0'], input, a")?.focus(); }}>{say("nav.skip")}</a>
      <Header />
      <Place />
      <Footer />
      <Notices />
      <Shortcuts />
      {asking.value ? <SignInDialog /> : null}
    </div>
  );
}

function Place() {
  const { place } = route.value;
  if (place === "trade") return <Desk />;
  if (place === "settings") return <Settings />;
  if (place === "options") return <Options />;
  if (place === "events") return <QuestionCards />;
  if (session.value === undefined) return <main id="main" class="page single"><p class="empty">{say("watch.loading")}</p></main>;
  if (!session.value || (place === "operator" && !isOperator.value)) {
    return (
      <main id="main" class="page single">
        <div class="gate">
          <h1>{say(`place.${place}`)}</h1>
          <p>{session.value ? say("gate.operator") : say("gate.signed_out")}</p>
          <button type="button" class="primary" onClick={() => { asking.value = true; }}>{say("sign.in")}</button>
        </div>
      </main>
    );
  }
  return place === "margin" ? <Margin /> : place === "portfolio" ? <Portfolio /> : place === "statement" ? <Statement /> : place === "keys" ? <Keys /> : <Console />;
}
