// The head of the page: where one is, as whom, in which language and light.

import { useEffect, useRef } from "preact/hooks";
import { Icon, Mark } from "../parts/icon";
import { Select } from "../parts/field";
import { keepInSight } from "../parts/tabs";
import { language, LANGUAGES, NAMES, say } from "../say/language";
import { painted, theme, toggleTheme } from "../store/appearance";
import { attempt } from "../store/notices";
import { address, type Place, route } from "../store/route";
import { account, accounts, asking, isOperator, session, signedIn, signOut } from "../store/session";
import { isDemo } from "../store/venue";
import { chosen } from "../store/market";
import { hasOptions, hasQuestions } from "../store/contracts";

export function Header() {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => keepInSight(nav.current, "[aria-current]"), [route.value.place, signedIn.value, language.value]);
  const places: Place[] = ["trade", ...(hasOptions.value ? (["options"] as const) : []), ...(hasQuestions.value ? (["events"] as const) : []), ...(signedIn.value ? (["margin", "portfolio", "statement", "keys"] as const) : []), "settings", ...(isOperator.value ? (["operator"] as const) : [])];
  return (
    <header class="top">
      <a class="brand" href={address("trade", chosen.value)}><Mark /><span>{say("brand")}</span></a>
      <nav class="places" ref={nav} aria-label={say("nav.label")}>
        {places.map((place) => (
          <a key={place} href={address(place, place === "trade" ? chosen.value : "")} aria-current={route.value.place === place ? "page" : undefined}>{say(`place.${place}`)}</a>
        ))}
      </nav>
      {isDemo.value ? <p class="notice"><strong>{say("demo.title")}</strong><span class="wide">{say("demo.text")}</span></p> : null}
      <div class="top-end">
        <Select label={say("looks.language")} hideLabel value={language.value} onValue={(value) => { language.value = value; }} class="bare language" options={LANGUAGES.map((value) => ({ value, label: NAMES[value] }))} />
        <ThemeButton />
        {session.value === undefined ? null : session.value ? <Who /> : <button type="button" class="primary small" onClick={() => { asking.value = true; }} data-testid="sign-in">{say("sign.in")}</button>}
      </div>
    </header>
  );
}

function ThemeButton() {
  void painted.value; // The system's own change counts too.
  const dark = theme.value === "dark" || (theme.value === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const label = say(dark ? "looks.to_light" : "looks.to_dark");
  return <button type="button" class="quiet square" aria-label={label} title={label} onClick={toggleTheme}><Icon name={dark ? "sun" : "moon"} /></button>;
}

function Who() {
  const names = accounts.value.some((one) => one.name === account.value) ? accounts.value.map((one) => one.name) : [account.value, ...accounts.value.map((one) => one.name)];
  return (
    <>
      <Select label={say("who.acting")} hideLabel value={account.value} onValue={(value) => { account.value = value; }} class={`bare account ${names.length > 1 ? "" : "alone"}`} options={names.map((value) => ({ value, label: value }))} />
      <button type="button" class="quiet small" onClick={() => void attempt(signOut)} data-testid="sign-out">{say("sign.out")}</button>
    </>
  );
}
