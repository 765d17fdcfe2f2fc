// The second factor: offered with a QR code, on once a code of it is confirmed.

import { useEffect, useRef, useState } from "preact/hooks";
import { Field } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Panel } from "../parts/panel";
import { Secret } from "../parts/secret";
import { say } from "../say/language";
import { tell } from "../store/notices";
import { recallSession, session } from "../store/session";
import { post, put, remove } from "../wire/rest";
import type { TotpOffer } from "../wire/types";

export function SecondFactor() {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [offer, setOffer] = useState<TotpOffer | null>(null);
  const sending = useSending();
  const on = session.value?.totp ?? false;
  if (session.value?.demo) return null;
  const finish = (text: string) => {
    tell("good", text);
    setOffer(null);
    setPassword("");
    setCode("");
    void recallSession();
  };
  const send = async () => {
    if (on) {
      if (await sending.send(() => remove("/v1/totp", { body: { password, code } }))) finish(say("totp.off_done"));
    } else if (offer) {
      if (await sending.send(() => put("/v1/totp", { password, code }))) finish(say("totp.on_done"));
    } else await sending.send(async () => setOffer(await post<TotpOffer>("/v1/totp", { password })));
  };
  return (
    <Panel title={say("totp.title")} note={on ? say("totp.is_on") : say("totp.is_off")}>
      <Form onSend={() => void send()} sending={sending} label={say("totp.title")}>
        {offer ? (
          <div class="totp">
            <QrCode svg={offer.svg} />
            <div><p>{say("totp.scan")}</p><Secret label={say("totp.secret")} value={offer.secret} /></div>
          </div>
        ) : null}
        {offer ? null : <Field label={say("sign.password")} type="password" autocomplete="current-password" value={password} onValue={setPassword} problem={sending.at("password")} />}
        {offer || on ? <Field label={say("sign.code")} inputMode="numeric" autocomplete="one-time-code" maxLength={6} value={code} onValue={setCode} problem={sending.at("code")} /> : null}
        <div class="buttons"><button type="submit" class={on ? "danger" : "primary"} disabled={sending.busy || !password || ((offer !== null || on) && code.length !== 6)}>{on ? say("totp.off") : offer ? say("totp.confirm") : say("totp.begin")}</button></div>
      </Form>
    </Panel>
  );
}

/** Only the drawing itself is taken from the answer: nothing in it could run or load. */
function QrCode({ svg }: { svg: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const read = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    const drawn = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const [wide, high] = [read.getAttribute("width") ?? "45", read.getAttribute("height") ?? "45"];
    drawn.setAttribute("viewBox", read.getAttribute("viewBox") ?? `0 0 ${Number.parseFloat(wide)} ${Number.parseFloat(high)}`);
    for (const path of read.querySelectorAll("path")) {
      const copy = document.createElementNS("http://www.w3.org/2000/svg", "path");
      copy.setAttribute("d", path.getAttribute("d") ?? "");
      const scale = path.closest("[transform]")?.getAttribute("transform"); // Its own, or its group's.
      if (scale) copy.setAttribute("transform", scale);
      copy.setAttribute("class", path.hasAttribute("stroke") || path.classList.contains("qrline") ? "modules" : "field-of");
      drawn.append(copy);
    }
    box.current?.replaceChildren(drawn);
  }, [svg]);
  return <div class="qr" ref={box} role="img" aria-label={say("totp.qr")} />;
}
