// Money that moves: transfers between one's own accounts, withdrawals, and those under way.

import { useEffect, useState } from "preact/hooks";
import { isDecimal, sign } from "../exact/decimal";
import { DecimalField, Field, Select } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { number } from "../say/format";
import { say, sayOf } from "../say/language";
import { balances } from "../store/account";
import { tell } from "../store/notices";
import { account, accounts, loadAccounts } from "../store/session";
import { get, post, ProblemError } from "../wire/rest";
import type { Account, Done, Hold, HoldPage } from "../wire/types";

function useAsset() {
  const names = [...balances.value.values()].filter((one) => sign(one.free) > 0).map((one) => one.asset);
  const [picked, setAsset] = useState("");
  const asset = names.includes(picked) ? picked : (names[0] ?? "");
  return { names, asset, setAsset, free: balances.value.get(asset)?.free ?? null };
}

export function TransferPanel() {
  const { names, asset, setAsset, free } = useAsset();
  const [amount, setAmount] = useState("");
  const [picked, setTo] = useState("");
  const others = accounts.value.filter((one) => one.name !== account.value);
  const to = others.some((one) => one.name === picked) ? picked : (others[0]?.name ?? "");
  const sending = useSending();
  const send = async () => {
    const done = await sending.send(() => post<Done>("/v1/transfers", { to, asset, amount }, { account: account.value }));
    if (done) { tell("good", say("transfer.done", { amount: number(amount), asset, to })); setAmount(""); }
  };
  return (
    <Panel title={say("transfer.title")} note={say("transfer.note")}>
      {others.length ? (
        <Form onSend={() => void send()} sending={sending} label={say("transfer.title")}>
          <Select label={say("transfer.to")} value={to} onValue={setTo} options={others.map((one) => ({ value: one.name, label: one.name }))} />
          <div class="pair">
            <Select label={say("col.asset")} value={asset} onValue={setAsset} options={names.map((value) => ({ value, label: value }))} />
            <DecimalField label={say("col.amount")} unit={asset} value={amount} onValue={setAmount} problem={sending.at("amount")} aside={<All free={free} onAll={setAmount} />} />
          </div>
          <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || !isDecimal(amount) || !asset}>{say("transfer.act")}</button></div>
        </Form>
      ) : <p class="empty">{say("transfer.alone")}</p>}
    </Panel>
  );
}

export function WithdrawPanel() {
  const { names, asset, setAsset, free } = useAsset();
  const [amount, setAmount] = useState("");
  const sending = useSending();
  const [holds, setHolds] = useState<Hold[]>([]);
  const load = () => get<HoldPage>("/v1/withdrawals", { account: account.value }).then((page) => setHolds(page.items)).catch((error: unknown) => { if (!(error instanceof ProblemError)) throw error; });
  useEffect(() => { void load(); }, [account.value, balances.value]);
  const send = async () => {
    const done = await sending.send(() => post<Hold>("/v1/withdrawals", { asset, amount }, { account: account.value }));
    if (done) { tell("good", say("withdraw.done", { amount: number(amount), asset })); setAmount(""); void load(); }
  };
  const columns: Column<Hold>[] = [
    { key: "kind", label: say("col.kind"), cell: (hold) => sayOf("hold", hold.kind) },
    { key: "amount", label: say("col.amount"), kind: "num", cell: (hold) => `${number(hold.amount)} ${hold.asset}` },
    { key: "id", label: say("col.number"), kind: "num", cell: (hold) => hold.hold_id },
  ];
  return (
    <Panel title={say("withdraw.title")} note={say("withdraw.note")}>
      <Form onSend={() => void send()} sending={sending} label={say("withdraw.title")}>
        <div class="pair">
          <Select label={say("col.asset")} value={asset} onValue={setAsset} options={names.map((value) => ({ value, label: value }))} />
          <DecimalField label={say("col.amount")} unit={asset} value={amount} onValue={setAmount} problem={sending.at("amount")} aside={<All free={free} onAll={setAmount} />} />
        </div>
        <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || !isDecimal(amount) || !asset}>{say("withdraw.act")}</button></div>
      </Form>
      {holds.length ? <Table label={say("withdraw.holds")} columns={columns} rows={holds} keyOf={(hold) => hold.hold_id} empty="" /> : null}
    </Panel>
  );
}

function All({ free, onAll }: { free: string | null; onAll: (amount: string) => void }) {
  return <button type="button" class="link num" disabled={!free} onClick={() => { if (free) onAll(free); }}>{say("money.all", { free: number(free) })}</button>;
}

export function SubAccountsPanel() {
  const [name, setName] = useState("");
  const sending = useSending();
  const master = accounts.value.find((one) => one.name === account.value)?.master ?? account.value;
  const whole = name.includes(".") || !name ? name : `${master}.${name}`;
  const open = async () => {
    const done = await sending.send(() => post<Account>("/v1/sub-accounts", { name: whole }));
    if (done) { tell("good", say("sub.done", { name: whole })); setName(""); void loadAccounts(); }
  };
  const columns: Column<Account>[] = [
    { key: "name", label: say("col.account"), cell: (one) => <b>{one.name}</b> },
    { key: "state", label: say("col.status"), cell: (one) => (one.frozen ? <span class="chip warn">{say("account.frozen")}</span> : say("account.active")) },
    { key: "tier", label: say("col.tier"), kind: "num", cell: (one) => one.fee_tier },
    { key: "act", label: say("col.act"), kind: "act", hideLabel: true, cell: (one) => (one.name === account.value ? <span class="muted">{say("sub.current")}</span> : <button type="button" class="quiet small" onClick={() => { account.value = one.name; }}>{say("sub.switch")}</button>) },
  ];
  return (
    <Panel title={say("sub.title")} note={say("sub.note")}>
      <Table label={say("sub.title")} columns={columns} rows={accounts.value} keyOf={(one) => one.account_id} empty={say("watch.loading")} />
      <Form onSend={() => void open()} sending={sending} label={say("sub.open")} class="row">
        <Field label={say("sub.name")} value={name} onValue={setName} maxLength={64} hint={whole && whole !== name ? whole : say("sub.hint")} problem={sending.at("name")} />
        <button type="submit" disabled={sending.busy || !name}>{say("sub.open")}</button>
      </Form>
    </Panel>
  );
}
