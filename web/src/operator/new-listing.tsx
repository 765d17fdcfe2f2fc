// New assets, and new instruments: by a template of their class, or by tick and lot.

import { useState } from "preact/hooks";
import { DecimalField, Field, Select } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Panel } from "../parts/panel";
import { Segments } from "../parts/tabs";
import { say, sayOf } from "../say/language";
import { tell } from "../store/notices";
import { loadListings } from "../store/venue";
import { post } from "../wire/rest";
import type { Asset, Instrument, ListAsset, ListInstrument } from "../wire/types";

type Class = NonNullable<ListAsset["asset_class"]>;
const CLASSES: readonly Class[] = ["coin", "share", "fund", "bond", "gold", "currency", "stablecoin", "private"];
const TEMPLATES: readonly Class[] = ["coin", "share", "fund", "bond", "gold", "currency", "private"];

export function ListAssetForm() {
  const [name, setName] = useState("");
  const [decimals, setDecimals] = useState("6");
  const [kind, setKind] = useState<Class>("coin");
  const sending = useSending();
  const send = async () => {
    const request: ListAsset = { name, decimals: Number(decimals), asset_class: kind };
    if (!(await sending.send(() => post<Asset>("/v1/operator/assets", request)))) return;
    tell("good", say("listings.listed", { name }));
    setName("");
    void loadListings();
  };
  return (
    <Panel title={say("listings.new_asset")}>
      <Form onSend={() => void send()} sending={sending} label={say("listings.new_asset")}>
        <div class="pair">
          <Field label={say("listings.name")} value={name} onValue={(text) => setName(text.trim())} maxLength={16} problem={sending.at("name")} />
          <Field label={say("listings.decimals")} type="number" min={0} max={18} value={decimals} onValue={setDecimals} problem={sending.at("decimals")} />
        </div>
        <Select label={say("listings.class")} value={kind} onValue={setKind} options={CLASSES.map((value) => ({ value, label: sayOf("class", value) }))} />
        <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || !name}>{say("listings.list")}</button></div>
      </Form>
    </Panel>
  );
}

type Text = "reference" | "band" | "tick" | "lot" | "qty_min" | "qty_max";

export function ListInstrumentForm() {
  const [how, setHow] = useState<"template" | "plain">("template");
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Class>("coin");
  const [status, setStatus] = useState<"open" | "pre_open">("open");
  const [schedule, setSchedule] = useState("0");
  const [texts, setTexts] = useState<Partial<Record<Text, string>>>({});
  const sending = useSending();
  const fields: readonly Text[] = how === "template" ? ["reference"] : ["tick", "lot", "reference", "band", "qty_min", "qty_max"];
  const send = async () => {
    const request: ListInstrument = { name, status, fee_schedule: Number(schedule), ...(how === "template" ? { template: kind } : { asset_class: kind }) };
    for (const field of fields) if (texts[field]) request[field] = texts[field];
    if (!(await sending.send(() => post<Instrument>("/v1/operator/instruments", request)))) return;
    tell("good", say("listings.listed", { name }));
    setName("");
    setTexts({});
    void loadListings();
  };
  return (
    <Panel title={say("listings.new_instrument")}>
      <Form onSend={() => void send()} sending={sending} label={say("listings.new_instrument")}>
        <Segments label={say("listings.how")} value={how} onChoose={setHow} choices={[{ value: "template", label: say("listings.by_template") }, { value: "plain", label: say("listings.by_hand") }]} />
        <div class="pair">
          <Field label={say("listings.name")} value={name} onValue={(text) => setName(text.trim())} maxLength={16} placeholder="BTC/USDC" problem={sending.at("name", "base", "quote")} />
          <Select label={how === "template" ? say("listings.template") : say("listings.class")} value={kind} onValue={setKind} options={(how === "template" ? TEMPLATES : CLASSES).map((value) => ({ value, label: sayOf("class", value) }))} />
        </div>
        <div class="grid2">{fields.map((field) => <DecimalField key={field} label={say(`listings.${field}`)} value={texts[field] ?? ""} onValue={(value) => setTexts({ ...texts, [field]: value })} problem={sending.at(field)} />)}</div>
        <div class="pair">
          <Select label={say("col.status")} value={status} onValue={setStatus} options={(["open", "pre_open"] as const).map((value) => ({ value, label: sayOf("status", value) }))} />
          <Field label={say("listings.fee_schedule")} type="number" min={0} max={7} value={schedule} onValue={setSchedule} problem={sending.at("fee_schedule")} />
        </div>
        <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || !name}>{say("listings.list")}</button></div>
      </Form>
    </Panel>
  );
}
