// Journal, rates, latency and room, asked for once a second while somebody looks.

import { useEffect, useState } from "preact/hooks";
import { DecimalField, Select } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Facts, Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { bytes, count, measure, moment } from "../say/format";
import { say, sayOf } from "../say/language";
import { sayError } from "../say/problem";
import { tell } from "../store/notices";
import { get, put } from "../wire/rest";
import type { Done, Latency, TableUse, VenueState } from "../wire/types";
import { RateChart } from "./rate-chart";

const EACH_MS = 1000;
const KEPT = 180;

interface Sample {
  commands: number;
  fills: number;
  p99: number;
}

export function Overview() {
  const [state, setState] = useState<VenueState | null>(null);
  const [samples, setSamples] = useState<Sample[]>([]);
  const [problem, setProblem] = useState("");
  const ask = () => get<VenueState>("/v1/operator/state").then((answer) => {
    setState(answer);
    setProblem("");
    const p99 = Math.max(0, ...answer.latencies.map((one) => one.p99_ms));
    setSamples((before) => [...before, { commands: answer.commands_per_second, fills: answer.fills_per_second, p99 }].slice(-KEPT));
  }).catch((error: unknown) => setProblem(sayError(error).text));
  useEffect(() => {
    void ask();
    const timer = setInterval(() => { if (!document.hidden) void ask(); }, EACH_MS);
    return () => clearInterval(timer);
  }, []);
  if (!state) return <p class="empty">{problem || say("watch.loading")}</p>;
  return (
    <>
      <Panel title={say("overview.journal")} note={problem || undefined}>
        <Facts items={[
          [say("col.seq"), count(state.seq)], [say("overview.durable"), count(state.durable_seq)], [say("overview.history"), count(state.history_seq)],
          [say("overview.bytes"), bytes(state.journal_bytes)], [say("overview.sync"), state.sync], [say("overview.time"), moment(state.ts_ns)],
          [say("overview.gateways"), count(state.gateways)], [say("overview.subscribers"), count(state.subscribers)],
        ]} />
        <p class="digest"><span class="muted">{say("overview.digest")}</span><code>{state.digest}</code></p>
      </Panel>
      <Panel title={say("overview.rates")} class="span2">
        <div class="rates">
          <RateChart label={say("overview.commands")} values={samples.map((one) => one.commands)} now={measure(state.commands_per_second)} unit={say("overview.per_second")} />
          <RateChart label={say("overview.fills")} values={samples.map((one) => one.fills)} now={measure(state.fills_per_second)} unit={say("overview.per_second")} />
          <RateChart label={say("overview.slowest")} values={samples.map((one) => one.p99)} now={measure(samples.at(-1)?.p99 ?? 0)} unit={say("overview.ms")} />
        </div>
      </Panel>
      <LatencyPanel rows={state.latencies} />
      <RoomPanel rows={state.tables} onChanged={() => void ask()} />
    </>
  );
}

function LatencyPanel({ rows }: { rows: readonly Latency[] }) {
  const columns: Column<Latency>[] = [
    { key: "route", label: say("overview.route"), cell: (one) => <code>{one.route}</code> },
    { key: "count", label: say("overview.count"), kind: "num", cell: (one) => count(one.count) },
    { key: "p50", label: say("overview.p50"), kind: "num", cell: (one) => measure(one.p50_ms, 2) },
    { key: "p99", label: say("overview.p99"), kind: "num", cell: (one) => measure(one.p99_ms, 2) },
  ];
  return <Panel title={say("overview.latency")} note={say("overview.latency_note")} class="span2"><Table label={say("overview.latency")} columns={columns} rows={rows} keyOf={(one) => one.route} empty={say("overview.quiet")} /></Panel>;
}

function RoomPanel({ rows, onChanged }: { rows: readonly TableUse[]; onChanged: () => void }) {
  const [picked, setName] = useState("");
  const [value, setValue] = useState("");
  const sending = useSending();
  const name = picked || (rows[0]?.name ?? "");
  const send = async () => {
    if (await sending.send(() => put<Done>("/v1/operator/limits", { name, value: Number(value) }))) { tell("good", say("limits.done", { name, value })); setValue(""); onChanged(); }
  };
  const columns: Column<TableUse>[] = [
    { key: "name", label: say("limits.name"), cell: (one) => sayOf("limit", one.name, one.name) },
    { key: "used", label: say("limits.used"), kind: "num", cell: (one) => <span class="done" style={{ "--part": (one.limit ? one.used / one.limit : 0).toFixed(3) }}>{count(one.used)}</span> },
    { key: "limit", label: say("limits.limit"), kind: "num", cell: (one) => count(one.limit) },
  ];
  return (
    <Panel title={say("limits.title")}>
      <Table label={say("limits.title")} columns={columns} rows={rows} keyOf={(one) => one.name} empty="" />
      <Form onSend={() => void send()} sending={sending} label={say("limits.raise")} class="row">
        <Select label={say("limits.name")} value={name} onValue={setName} options={rows.map((one) => ({ value: one.name, label: sayOf("limit", one.name, one.name) }))} />
        <DecimalField label={say("limits.limit")} value={value} onValue={setValue} problem={sending.at("value")} />
        <button type="submit" disabled={sending.busy || !/^[0-9]+$/.test(value)}>{say("limits.raise")}</button>
      </Form>
    </Panel>
  );
}
