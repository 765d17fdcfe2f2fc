// Signing in and up, and the doors of a demonstration.

import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { say } from "../say/language";
import { asking, enterDemo, signIn, signUp } from "../store/session";
import { isDemo, status } from "../store/venue";

export function SignInDialog() {
  const [up, setUp] = useState(false);
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const sending = useSending();
  const mayJoin = status.value?.sign_up ?? false;
  const withCode = sending.problem?.field === "code" || code !== "";
  const send = () => void sending.send(() => (up ? signUp({ login, password }) : signIn({ login, password, code: code || null })));
  return (
    <Dialog title={up ? say("sign.up") : say("sign.in")} class="sign" onClose={() => { asking.value = false; }}>
      {isDemo.value ? (
        <div class="demo">
          <p>{say("sign.demo_text")}</p>
          <div class="buttons stretch">
            <button type="button" class="primary" disabled={sending.busy} onClick={() => void sending.send(() => enterDemo("trader"))} data-testid="demo-trader">{say("sign.demo_trader")}</button>
            <button type="button" disabled={sending.busy} onClick={() => void sending.send(() => enterDemo("operator"))} data-testid="demo-operator">{say("sign.demo_operator")}</button>
          </div>
          <p class="or"><span>{say("sign.or")}</span></p>
        </div>
      ) : null}
      <Form onSend={send} sending={sending} label={up ? say("sign.up") : say("sign.in")}>
        <Field label={say("sign.login")} name="username" autocomplete="username" autocapitalize="none" value={login} onValue={setLogin} problem={sending.at("login")} required />
        <Field label={say("sign.password")} name="password" type="password" autocomplete={up ? "new-password" : "current-password"} value={password} onValue={setPassword} hint={up ? say("sign.password_hint") : undefined} problem={sending.at("password")} required />
        {up ? null : <Field label={say("sign.code")} name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={6} value={code} onValue={setCode} problem={sending.at("code")} hint={withCode ? undefined : say("sign.code_hint")} />}
        <div class="buttons">
          {mayJoin ? <button type="button" class="link" onClick={() => { setUp(!up); sending.forget(); }}>{up ? say("sign.have") : say("sign.new")}</button> : null}
          <button type="submit" class="primary" disabled={sending.busy || !login || !password}>{up ? say("sign.up") : say("sign.in")}</button>
        </div>
      </Form>
    </Dialog>
  );
}
