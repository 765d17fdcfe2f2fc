// Accounts of the venue: opened, put into a fee tier, frozen and let go.

import { useEffect, useState } from "preact/hooks";
import { Confirm } from "../parts/dialog";
import { Field } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Icon } from "../parts/icon";
import { More, usePages } from "../parts/pages";
import { Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { say } from "../say/language";
import { attempt, tell } from "../store/notices";
import { get, patch, post, put, remove } from "../wire/rest";
import type { Account, AccountPage } from "../wire/types";

const PAGE = 500;

export function AccountsPage() {
  const [search, setSearch] = useState("");
  const [freezing, setFreezing] = useState<Account | null>(null);
  const pages = usePages<Account>((cursor) => get<AccountPage>("/v1/operator/accounts", { query: { limit: PAGE, cursor } }));
  const { rows, problem, load } = pages;
  useEffect(() => { void load(); }, []);
  const freeze = async (one: Account) => {
    await attempt(() => put(`/v1/operator/accounts/${one.account_id}/freeze`, undefined), say("accounts.frozen_done", { name: one.name }));
    void load();
  };
  const unfreeze = async (one: Account) => {
    await attempt(() => remove(`/v1/operator/accounts/${one.account_id}/freeze`), say("accounts.unfrozen_done", { name: one.name }));
    void load();
  };
  const columns: Column<Account>[] = [
    { key: "id", label: say("col.number"), kind: "num", cell: (one) => one.account_id },
    { key: "name", label: say("col.account"), cell: (one) => <b>{one.name}</b> },
    { key: "master", label: say("who.master"), class: "wide", cell: (one) => one.master ?? "" },
    { key: "tier", label: say("col.tier"), kind: "num", cell: (one) => <Tier one={one} onChanged={() => void load()} /> },
    { key: "state", label: say("col.status"), cell: (one) => (one.frozen ? <span class="chip warn">{say("account.frozen")}</span> : say("account.active")) },
    {
      key: "act", label: say("col.act"), kind: "act", hideLabel: true,
      cell: (one) => (one.frozen
        ? <button type="button" class="quiet small" onClick={() => void unfreeze(one)}>{say("accounts.unfreeze")}</button>
        : <button type="button" class="quiet bad small" onClick={() => setFreezing(one)}>{say("accounts.freeze")}</button>),
    },
  ];
  const shown = rows.filter((one) => one.name.toLowerCase().includes(search.toLowerCase()));
  return (
    <>
      <Panel
        title={say("console.accounts")} class="span2"
        aside={<label class="search small"><Icon name="search" /><span class="hidden">{say("accounts.search")}</span><input type="search" placeholder={say("accounts.search")} value={search} onInput={(event) => setSearch(event.currentTarget.value)} /></label>}
      >
        <Table label={say("console.accounts")} columns={columns} rows={shown} keyOf={(one) => one.account_id} empty={problem || say("accounts.none")} />
        <More pages={pages} />
      </Panel>
      <OpenAccountForm onOpened={() => void load()} />
      {freezing ? <Confirm title={say("accounts.freeze")} text={say("accounts.freeze_text", { name: freezing.name })} act={say("accounts.freeze")} onDone={() => void freeze(freezing)} onClose={() => setFreezing(null)} /> : null}
    </>
  );
}

function Tier({ one, onChanged }: { one: Account; onChanged: () => void }) {
  const set = async (text: string) => {
    const tier = Number(text);
    if (!/^[0-9]+$/.test(text) || tier === one.fee_tier) return;
    await attempt(() => patch(`/v1/operator/accounts/${one.account_id}`, { tier }), say("accounts.tier_done", { name: one.name, tier }));
    onChanged();
  };
  return <input class="edit num" type="number" min={0} max={15} aria-label={say("accounts.tier_of", { name: one.name })} value={one.fee_tier} onChange={(event) => void set(event.currentTarget.value)} />;
}

function OpenAccountForm({ onOpened }: { onOpened: () => void }) {
  const [name, setName] = useState("");
  const [master, setMaster] = useState("");
  const [tier, setTier] = useState("0");
  const sending = useSending();
  const send = async () => {
    if (!(await sending.send(() => post<Account>("/v1/operator/accounts", { name, master: master || null, tier: Number(tier) })))) return;
    tell("good", say("sub.done", { name }));
    setName("");
    onOpened();
  };
  return (
    <Panel title={say("accounts.open")}>
      <Form onSend={() => void send()} sending={sending} label={say("accounts.open")}>
        <Field label={say("listings.name")} value={name} onValue={setName} maxLength={64} problem={sending.at("name")} />
        <div class="pair">
          <Field label={say("who.master")} value={master} onValue={setMaster} maxLength={64} placeholder={say("ticket.optional")} problem={sending.at("master")} />
          <Field label={say("col.tier")} type="number" min={0} max={15} value={tier} onValue={setTier} problem={sending.at("tier")} />
        </div>
        <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || !name}>{say("accounts.open")}</button></div>
      </Form>
    </Panel>
  );
}
