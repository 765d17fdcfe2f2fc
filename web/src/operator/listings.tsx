// What is listed: its status, its bounds, and new things to trade.

import { useState } from "preact/hooks";
import { Confirm, Dialog } from "../parts/dialog";
import { DecimalField, Field, Select } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { fraction, number } from "../say/format";
import { say, sayOf } from "../say/language";
import { attempt, tell } from "../store/notices";
import { assets, instruments, loadListings } from "../store/venue";
import { patch, put, remove } from "../wire/rest";
import type { AmendInstrument, Asset, Instrument, MassCanceled } from "../wire/types";
import { ListAssetForm, ListInstrumentForm } from "./new-listing";

const STATUSES: readonly Instrument["status"][] = ["pre_open", "open", "post_only", "halted", "closed"];

interface Asked {
  what: Instrument;
  act: "close" | "cancel";
}

export function ListingsPage() {
  const [amending, setAmending] = useState<Instrument | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const setStatus = async (one: Instrument, status: Instrument["status"]) => {
    await attempt(() => put("/v1/operator/instrument/status", { status }, { query: { instrument: one.name } }), say("listings.status_done", { instrument: one.name, status: sayOf("status", status) }));
    await loadListings();
  };
  const cancelAll = (one: Instrument) => attempt(() => remove<MassCanceled>("/v1/operator/instrument/orders", { query: { instrument: one.name } }), (answer) => say("orders.canceled_many", { count: answer.order_ids.length }));
  const columns: Column<Instrument>[] = [
    { key: "name", label: say("col.instrument"), cell: (one) => <><b>{one.name}</b> <small class="muted wide">{sayOf("class", one.asset_class)}</small></> },
    {
      key: "status", label: say("col.status"),
      cell: (one) => (
        <Select
          label={say("listings.status_of", { instrument: one.name })} hideLabel value={one.status} class={`small status-${one.status}`} disabled={one.status === "closed"}
          onValue={(status) => { if (status === "closed") setAsked({ what: one, act: "close" }); else void setStatus(one, status); }}
          options={STATUSES.map((value) => ({ value, label: sayOf("status", value) }))}
        />
      ),
    },
    { key: "tick", label: say("listings.tick"), kind: "num", class: "wide", cell: (one) => number(one.tick) },
    { key: "lot", label: say("listings.lot"), kind: "num", class: "wide", cell: (one) => number(one.lot) },
    { key: "band", label: say("listings.band"), kind: "num", class: "wide", cell: (one) => fraction(one.band) },
    { key: "fee", label: say("listings.fee_schedule"), kind: "num", class: "wide", cell: (one) => one.fee_schedule },
    { key: "last", label: say("col.price"), kind: "num", cell: (one) => number(one.last_price) },
    {
      key: "act", label: say("col.act"), kind: "act", hideLabel: true,
      cell: (one) => (
        <span class="acts">
          <button type="button" class="quiet small" onClick={() => setAmending(one)}>{say("listings.amend")}</button>
          <button type="button" class="quiet bad small" onClick={() => setAsked({ what: one, act: "cancel" })}>{say("listings.cancel_orders")}</button>
        </span>
      ),
    },
  ];
  const assetColumns: Column<Asset>[] = [
    { key: "name", label: say("col.asset"), cell: (one) => <b>{one.name}</b> },
    { key: "class", label: say("listings.class"), cell: (one) => sayOf("class", one.asset_class) },
    { key: "decimals", label: say("listings.decimals"), kind: "num", cell: (one) => one.decimals },
    { key: "supply", label: say("listings.supply"), kind: "num", cell: (one) => number(one.supply) },
  ];
  return (
    <>
      <Panel title={say("listings.instruments")} class="span2"><Table label={say("listings.instruments")} columns={columns} rows={[...instruments.value.values()]} keyOf={(one) => one.instrument_id} empty={say("listings.none")} /></Panel>
      <ListInstrumentForm />
      <Panel title={say("listings.assets")} class="span2"><Table label={say("listings.assets")} columns={assetColumns} rows={[...assets.value.values()]} keyOf={(one) => one.asset_id} empty={say("listings.none")} /></Panel>
      <ListAssetForm />
      {amending ? <Amend what={amending} onClose={() => setAmending(null)} /> : null}
      {asked ? (
        <Confirm
          title={say(asked.act === "close" ? "listings.close_title" : "listings.cancel_orders")} act={say(asked.act === "close" ? "listings.close" : "listings.cancel_orders")}
          text={say(asked.act === "close" ? "listings.close_text" : "listings.cancel_text", { instrument: asked.what.name })}
          onDone={() => void (asked.act === "close" ? setStatus(asked.what, "closed") : cancelAll(asked.what))} onClose={() => setAsked(null)}
        />
      ) : null}
    </>
  );
}

type Bound = Exclude<keyof AmendInstrument, "fee_schedule">;
const BOUNDS: readonly Bound[] = ["qty_min", "qty_max", "price_max", "notional_min", "notional_max", "reference", "band"];

function Amend({ what, onClose }: { what: Instrument; onClose: () => void }) {
  const before = Object.fromEntries(BOUNDS.map((name) => [name, what[name] ?? ""])) as Record<Bound, string>;
  const [values, setValues] = useState(before);
  const [schedule, setSchedule] = useState(String(what.fee_schedule));
  const sending = useSending();
  const send = async () => {
    const change: AmendInstrument = {};
    for (const name of BOUNDS) if (values[name] !== before[name] && values[name]) change[name] = values[name];
    if (Number(schedule) !== what.fee_schedule) change.fee_schedule = Number(schedule);
    if (!(await sending.send(() => patch("/v1/operator/instrument", change, { query: { instrument: what.name } })))) return;
    tell("good", say("listings.amended", { instrument: what.name }));
    onClose();
    void loadListings();
  };
  return (
    <Dialog title={say("listings.amend_title", { instrument: what.name })} onClose={onClose}>
      <Form onSend={() => void send()} sending={sending} label={say("listings.amend")}>
        <div class="grid2">
          {BOUNDS.map((name) => <DecimalField key={name} label={say(`listings.${name}`)} value={values[name]} onValue={(value) => setValues({ ...values, [name]: value })} problem={sending.at(name)} />)}
          <Field label={say("listings.fee_schedule")} type="number" min={0} max={7} value={schedule} onValue={setSchedule} problem={sending.at("fee_schedule")} />
        </div>
        <div class="buttons"><button type="button" class="quiet" onClick={onClose}>{say("act.back")}</button><button type="submit" class="primary" disabled={sending.busy}>{say("act.save")}</button></div>
      </Form>
    </Dialog>
  );
}
