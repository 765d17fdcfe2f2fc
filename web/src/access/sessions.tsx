// Where one is signed in: the browsers that hold a session, each of which can be signed out from here.

import { useEffect, useState } from "preact/hooks";
import { Confirm } from "../parts/dialog";
import { Panel } from "../parts/panel";
import { type Column, Table } from "../parts/table";
import { moment } from "../say/format";
import { say } from "../say/language";
import { sayError } from "../say/problem";
import { attempt } from "../store/notices";
import { session } from "../store/session";
import { get, remove } from "../wire/rest";
import type { OpenSession } from "../wire/types";
import { browserOf } from "./browser";

interface Sessions {
  items: OpenSession[];
}

export function Sessions() {
  const [sessions, setSessions] = useState<OpenSession[]>([]);
  const [problem, setProblem] = useState("");
  const [endingOthers, setEndingOthers] = useState(false);
  const load = () => get<Sessions>("/v1/sessions").then((page) => { setSessions(page.items); setProblem(""); }).catch((error: unknown) => setProblem(sayError(error).text));
  useEffect(() => { void load(); }, [session.value?.login]);
  const end = async (path: string, done: string) => {
    await attempt(() => remove(path), done);
    void load();
  };
  const columns: Column<OpenSession>[] = [
    { key: "browser", label: say("sessions.browser"), cell: (one) => <b>{browserOf(one.agent) || say("sessions.unknown")}</b> },
    { key: "address", label: say("sessions.address"), class: "wide", cell: (one) => one.address || say("sessions.unknown") },
    { key: "since", label: say("sessions.since"), class: "wide", cell: (one) => moment(one.created_ns) },
    { key: "used", label: say("sessions.used"), cell: (one) => moment(one.used_ns) },
    { key: "act", label: say("col.act"), kind: "act", hideLabel: true, cell: (one) => (one.current ? <span class="chip">{say("sessions.current")}</span> : <button type="button" class="quiet bad small" onClick={() => void end(`/v1/sessions/${encodeURIComponent(one.session_id)}`, say("sessions.ended"))}>{say("sessions.end")}</button>) },
  ];
  const others = sessions.some((one) => !one.current);
  return (
    <Panel
      title={say("sessions.title")} note={say("sessions.note")}
      aside={others ? <button type="button" class="quiet bad" onClick={() => setEndingOthers(true)}>{say("sessions.end_others")}</button> : null}
    >
      <Table label={say("sessions.title")} columns={columns} rows={sessions} keyOf={(one) => one.session_id} empty={problem} />
      {endingOthers ? <Confirm title={say("sessions.end_others")} text={say("sessions.end_others_text")} act={say("sessions.end_others")} onDone={() => void end("/v1/sessions", say("sessions.others_ended"))} onClose={() => setEndingOthers(false)} /> : null}
    </Panel>
  );
}
