// One pool of margin: health, positions, and the explanation as pictures.

import { useEffect, useState } from "preact/hooks";
import { Form, useSending } from "../parts/form";
import { Field } from "../parts/field";
import { Panel } from "../parts/panel";
import { say } from "../say/language";
import { explanation, followExplanation, margin, openMargin, positions } from "../store/margin";
import { account } from "../store/session";
import { Explained } from "./explained";
import { Health } from "./health";
import { Positions } from "./positions";

export function Margin() {
  const now = margin.value;
  useEffect(() => (now?.mode === "margin" ? followExplanation(account.value) : undefined), [account.value, now?.mode]);
  return (
    <main id="main" class="page margin">
      <h1 class="hidden">{say("place.margin")}</h1>
      {now === null ? <p class="empty span3">{say("watch.loading")}</p> : now.mode === "cash" ? <OpenPanel /> : (
        <>
          <Panel title={say("margin.title")} class="span3"><Health now={now} /></Panel>
          <Panel title={say("dock.positions")} class="span3"><Positions rows={positions.value} /></Panel>
          {explanation.value ? <Explained found={explanation.value} /> : <p class="empty span3">{say("watch.loading")}</p>}
          <CapPanel cap={now.leverage_max} />
        </>
      )}
    </main>
  );
}

function OpenPanel() {
  const sending = useSending();
  return (
    <Panel title={say("margin.open_title")} class="span3">
      <Form onSend={() => void sending.send(() => openMargin({ leverage_max: 0 }))} sending={sending} label={say("margin.open_title")}>
        <p>{say("margin.open_text")}</p>
        <button type="submit" class="primary" disabled={sending.busy} data-testid="open-margin">{say("margin.open")}</button>
      </Form>
    </Panel>
  );
}

function CapPanel({ cap }: { cap: number }) {
  const sending = useSending();
  const [text, setText] = useState(String(cap));
  return (
    <Panel title={say("margin.cap_title")} note={say("margin.cap_note")}>
      <Form onSend={() => void sending.send(() => openMargin({ leverage_max: Number(text) || 0 }))} sending={sending} label={say("margin.cap_title")}>
        <Field label={say("margin.cap")} type="number" min={0} max={1000} value={text} onValue={setText} problem={sending.at("leverage_max")} />
        <button type="submit" disabled={sending.busy}>{say("act.save")}</button>
      </Form>
    </Panel>
  );
}
