// Money at the venue's edge: deposits, freezes of balances, and withdrawals to settle or to refuse.

import { useEffect, useState } from "preact/hooks";
import { isDecimal } from "../exact/decimal";
import { DecimalField, Field, Select } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { number } from "../say/format";
import { say, sayOf } from "../say/language";
import { sayError } from "../say/problem";
import { attempt, tell } from "../store/notices";
import { assets } from "../store/venue";
import { get, post, remove } from "../wire/rest";
import type { Hold, HoldPage } from "../wire/types";

const EACH_MS = 3000;

export function FundsPage() {
  const [holds, setHolds] = useState<Hold[]>([]);
  const [problem, setProblem] = useState("");
  const load = () => get<HoldPage>("/v1/operator/withdrawals", { query: { limit: 500 } }).then((page) => { setHolds(page.items); setProblem(""); }).catch((error: unknown) => setProblem(sayError(error).text));
  useEffect(() => {
    void load();
    const timer = setInterval(() => { if (!document.hidden) void load(); }, EACH_MS);
    return () => clearInterval(timer);
  }, []);
  const act = async (work: () => Promise<unknown>, done: string) => {
    await attempt(work, done);
    void load();
  };
  const columns: Column<Hold>[] = [
    { key: "id", label: say("col.number"), kind: "num", cell: (hold) => hold.hold_id },
    { key: "account", label: say("col.account"), cell: (hold) => <b>{hold.account}</b> },
    { key: "kind", label: say("col.kind"), cell: (hold) => sayOf("hold", hold.kind) },
    { key: "amount", label: say("col.amount"), kind: "num", cell: (hold) => `${number(hold.amount)} ${hold.asset}` },
    { key: "reference", label: say("funds.reference"), kind: "num", class: "wide", cell: (hold) => hold.reference || "" },
    {
      key: "act", label: say("col.act"), kind: "act", hideLabel: true,
      cell: (hold) => (hold.kind === "withdrawal" ? (
        <span class="acts">
          <button type="button" class="quiet small" onClick={() => void act(() => post(`/v1/operator/withdrawals/${hold.hold_id}/settle`, undefined), say("funds.settled"))}>{say("funds.settle")}</button>
          <button type="button" class="quiet bad small" onClick={() => void act(() => post(`/v1/operator/withdrawals/${hold.hold_id}/refuse`, undefined), say("funds.refused"))}>{say("funds.refuse")}</button>
        </span>
      ) : <button type="button" class="quiet small" onClick={() => void act(() => remove(`/v1/operator/freezes/${hold.hold_id}`), say("funds.released"))}>{say("funds.release")}</button>),
    },
  ];
  return (
    <>
      <Panel title={say("funds.holds")} note={say("funds.holds_note")} class="span2"><Table label={say("funds.holds")} columns={columns} rows={holds} keyOf={(hold) => hold.hold_id} empty={problem || say("funds.none")} /></Panel>
      <div class="stack">
        <MoveForm title={say("funds.deposit")} path="/v1/operator/deposits" done="funds.deposited" onDone={() => void load()} />
        <MoveForm title={say("funds.freeze")} path="/v1/operator/freezes" done="funds.frozen" onDone={() => void load()} />
      </div>
    </>
  );
}

function MoveForm({ title, path, done, onDone }: { title: string; path: string; done: "funds.deposited" | "funds.frozen"; onDone: () => void }) {
  const names = [...assets.value.keys()];
  const [account, setAccount] = useState("");
  const [picked, setAsset] = useState("");
  const [amount, setAmount] = useState("");
  const [reference, setReference] = useState("");
  const sending = useSending();
  const asset = picked || (names.includes("USDC") ? "USDC" : (names[0] ?? ""));
  const send = async () => {
    if (!(await sending.send(() => post(path, { account, asset, amount, reference: Number(reference || 0) })))) return;
    tell("good", say(done, { amount: number(amount), asset, account }));
    setAmount("");
    onDone();
  };
  return (
    <Panel title={title}>
      <Form onSend={() => void send()} sending={sending} label={title}>
        <Field label={say("col.account")} value={account} onValue={setAccount} maxLength={64} problem={sending.at("account")} />
        <div class="pair">
          <Select label={say("col.asset")} value={asset} onValue={setAsset} options={names.map((value) => ({ value, label: value }))} />
          <DecimalField label={say("col.amount")} unit={asset} value={amount} onValue={setAmount} problem={sending.at("amount")} />
        </div>
        <Field label={say("funds.reference")} inputMode="numeric" value={reference} onValue={setReference} placeholder={say("ticket.optional")} problem={sending.at("reference")} />
        <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || !account || !isDecimal(amount)}>{title}</button></div>
      </Form>
    </Panel>
  );
}
