// Fee schedules: maker and taker, by schedule and tier.

import { useEffect, useState } from "preact/hooks";
import { isDecimal, sign } from "../exact/decimal";
import { DecimalField, Field } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { fraction } from "../say/format";
import { say } from "../say/language";
import { sayError } from "../say/problem";
import { tell } from "../store/notices";
import { get, put } from "../wire/rest";
import type { Fees, FeesList } from "../wire/types";

export function FeesPage() {
  const [rows, setRows] = useState<Fees[]>([]);
  const [problem, setProblem] = useState("");
  const [schedule, setSchedule] = useState("0");
  const [tier, setTier] = useState("0");
  const [maker, setMaker] = useState("");
  const [taker, setTaker] = useState("");
  const sending = useSending();
  const load = () => get<FeesList>("/v1/operator/fees").then((answer) => setRows(answer.items)).catch((error: unknown) => setProblem(sayError(error).text));
  useEffect(() => { void load(); }, []);
  const send = async () => {
    if (!(await sending.send(() => put("/v1/operator/fees", { schedule: Number(schedule), tier: Number(tier), maker, taker })))) return;
    tell("good", say("fees.done", { schedule, tier }));
    void load();
  };
  const rate = (value: string) => <span class={sign(value) < 0 ? "up" : ""}>{fraction(value)}</span>;
  const columns: Column<Fees>[] = [
    { key: "schedule", label: say("listings.fee_schedule"), kind: "num", cell: (one) => one.schedule },
    { key: "tier", label: say("col.tier"), kind: "num", cell: (one) => one.tier },
    { key: "maker", label: say("fees.maker"), kind: "num", cell: (one) => rate(one.maker) },
    { key: "taker", label: say("fees.taker"), kind: "num", cell: (one) => rate(one.taker) },
  ];
  const pick = (one: Fees) => { setSchedule(String(one.schedule)); setTier(String(one.tier)); setMaker(one.maker); setTaker(one.taker); };
  return (
    <>
      <Panel title={say("console.fees")} note={say("fees.note")} class="span2"><Table label={say("console.fees")} columns={columns} rows={rows} keyOf={(one) => `${one.schedule} ${one.tier}`} empty={problem || say("fees.none")} onRow={pick} /></Panel>
      <Panel title={say("fees.set")}>
        <Form onSend={() => void send()} sending={sending} label={say("fees.set")}>
          <div class="pair">
            <Field label={say("listings.fee_schedule")} type="number" min={0} max={7} value={schedule} onValue={setSchedule} problem={sending.at("schedule")} />
            <Field label={say("col.tier")} type="number" min={0} max={15} value={tier} onValue={setTier} problem={sending.at("tier")} />
          </div>
          <div class="pair">
            <DecimalField label={say("fees.maker")} value={maker} onValue={setMaker} placeholder="-0.0001" problem={sending.at("maker")} />
            <DecimalField label={say("fees.taker")} value={taker} onValue={setTaker} placeholder="0.0005" problem={sending.at("taker")} />
          </div>
          <p class="hint">{say("fees.hint")}</p>
          <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || !isDecimal(maker) || !isDecimal(taker)}>{say("fees.set")}</button></div>
        </Form>
      </Panel>
    </>
  );
}
