// Every change of the account's balances, and the same as a file.

import { useEffect, useState } from "preact/hooks";
import { sign } from "../exact/decimal";
import { Select } from "../parts/field";
import { Icon } from "../parts/icon";
import { More, usePages } from "../parts/pages";
import { Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { moment, number } from "../say/format";
import { say, sayOf } from "../say/language";
import { balances } from "../store/account";
import { attempt } from "../store/notices";
import { account } from "../store/session";
import { download, get } from "../wire/rest";
import type { Entry, EntryPage } from "../wire/types";

const PAGE = 200;

export function Statement() {
  const [asset, setAsset] = useState("");
  const [busy, setBusy] = useState(false);
  const pages = usePages<Entry>((cursor) => get<EntryPage>("/v1/ledger", { account: account.value, query: { asset, limit: PAGE, cursor } }));
  const { rows, problem, load } = pages;
  useEffect(() => {
    const timer = setTimeout(() => void load(), 250);
    return () => clearTimeout(timer);
  }, [account.value, asset, balances.value]);

  const save = async () => {
    setBusy(true);
    await attempt(async () => {
      const file = await download("/v1/ledger", { account: account.value, query: { asset, format: "csv" }, accept: "text/csv" });
      keep(file, `emporion-${account.value}-${asset || "all"}.csv`);
    }, say("statement.saved"));
    setBusy(false);
  };
  const columns: Column<Entry>[] = [
    { key: "time", label: say("col.time"), cell: (entry) => moment(entry.ts_ns) },
    { key: "kind", label: say("col.kind"), cell: (entry) => sayOf("entry", entry.kind) },
    { key: "amount", label: say("col.amount"), kind: "num", cell: (entry) => <span class={sign(entry.amount) < 0 ? "down" : "up"}>{sign(entry.amount) > 0 ? "+" : ""}{number(entry.amount)}</span> },
    { key: "asset", label: say("col.asset"), cell: (entry) => entry.asset },
    { key: "order", label: say("col.order"), kind: "num", class: "wide", cell: (entry) => entry.order_id || "" },
    { key: "seq", label: say("col.seq"), kind: "num", class: "wide", cell: (entry) => number(String(entry.seq)) },
  ];
  return (
    <main id="main" class="page single">
      <h1 class="hidden">{say("place.statement")}</h1>
      <Panel
        title={say("place.statement")} note={say("statement.note")} class="tall"
        aside={<>
          <Select label={say("col.asset")} hideLabel value={asset} onValue={setAsset} class="small" options={[{ value: "", label: say("statement.all") }, ...[...balances.value.keys()].map((value) => ({ value, label: value }))]} />
          <button type="button" disabled={busy} onClick={() => void save()}><Icon name="download" />{say("statement.download")}</button>
        </>}
      >
        <Table label={say("place.statement")} columns={columns} rows={rows} keyOf={(entry) => `${entry.seq} ${entry.kind} ${entry.asset} ${entry.amount} ${entry.order_id}`} empty={problem || say("statement.none")} />
        <More pages={pages} />
      </Panel>
    </main>
  );
}

function keep(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
