// One's own settings: language and looks, password, second factor, dead man's switch.

import { useState } from "preact/hooks";
import { isDecimal } from "../exact/decimal";
import { DecimalField, Field, Select } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Facts, Panel } from "../parts/panel";
import { moment } from "../say/format";
import { language, LANGUAGES, NAMES, say, sayOf } from "../say/language";
import { rising, theme } from "../store/appearance";
import { tell } from "../store/notices";
import { account, accounts, loadAccounts, session } from "../store/session";
import { post, put } from "../wire/rest";
import type { Done } from "../wire/types";
import { SecondFactor } from "./second-factor";

export function Settings() {
  return (
    <main id="main" class="page cards">
      <h1 class="hidden">{say("place.settings")}</h1>
      <Looks />
      {session.value ? (
        <>
          <Who />
          <Password />
          <SecondFactor />
          <DeadMan />
        </>
      ) : null}
    </main>
  );
}

function Looks() {
  return (
    <Panel title={say("looks.title")}>
      <div class="form">
        <Select label={say("looks.language")} value={language.value} onValue={(value) => { language.value = value; }} options={LANGUAGES.map((value) => ({ value, label: NAMES[value] }))} />
        <Select label={say("looks.theme")} value={theme.value} onValue={(value) => { theme.value = value; }} options={(["system", "light", "dark"] as const).map((value) => ({ value, label: say(`looks.${value}`) }))} />
        <Select label={say("looks.rising")} value={rising.value} onValue={(value) => { rising.value = value; }} options={(["green", "red"] as const).map((value) => ({ value, label: say(`looks.${value}`) }))} />
      </div>
    </Panel>
  );
}

function Who() {
  const who = session.value;
  if (!who) return null;
  return (
    <Panel title={say("who.title")}>
      <Facts items={[
        [say("sign.login"), who.login], [say("who.master"), who.account], [say("who.scopes"), who.scopes.map((scope) => sayOf("scope", scope)).join(", ")],
        [say("who.expires"), moment(who.expires_ns)],
      ]} />
    </Panel>
  );
}

function Password() {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const sending = useSending();
  const send = async () => {
    if (await sending.send(() => post("/v1/password", { old, new: fresh }))) { tell("good", say("password.done")); setOld(""); setFresh(""); }
  };
  if (session.value?.demo) return null; // A demonstration's account has none.
  return (
    <Panel title={say("password.title")}>
      <Form onSend={() => void send()} sending={sending} label={say("password.title")}>
        <input type="text" name="username" autocomplete="username" value={session.value?.login} hidden readOnly />
        <Field label={say("password.old")} type="password" autocomplete="current-password" value={old} onValue={setOld} problem={sending.at("old")} />
        <Field label={say("password.new")} type="password" autocomplete="new-password" value={fresh} onValue={setFresh} hint={say("sign.password_hint")} problem={sending.at("new")} />
        <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || !old || !fresh}>{say("password.act")}</button></div>
      </Form>
    </Panel>
  );
}

function DeadMan() {
  const [seconds, setSeconds] = useState("60");
  const sending = useSending();
  const set = accounts.value.find((one) => one.name === account.value)?.deadman_ns ?? null;
  const send = async (value: string) => {
    if (!(await sending.send(() => put<Done>("/v1/deadman", { seconds: value }, { account: account.value })))) return;
    tell("good", value === "0" ? say("deadman.off_done") : say("deadman.on_done", { seconds: value }));
    void loadAccounts();
  };
  return (
    <Panel title={say("deadman.title")} note={say("deadman.note")}>
      <Form onSend={() => void send(seconds)} sending={sending} label={say("deadman.title")}>
        <DecimalField label={say("deadman.seconds")} value={seconds} onValue={setSeconds} unit="s" problem={sending.at("seconds")} hint={set && set !== "0" ? say("deadman.fires", { time: moment(set) }) : say("deadman.is_off")} />
        <div class="buttons">
          <button type="button" class="quiet" disabled={sending.busy} onClick={() => void send("0")}>{say("deadman.off")}</button>
          <button type="submit" class="primary" disabled={sending.busy || !isDecimal(seconds)}>{say("deadman.on")}</button>
        </div>
      </Form>
    </Panel>
  );
}
