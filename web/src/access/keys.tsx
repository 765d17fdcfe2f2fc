// API keys: made here, their secret shown once, revoked at once; and where else one is signed in.

import { useEffect, useState } from "preact/hooks";
import { nanoseconds } from "../exact/time";
import { Confirm, Dialog } from "../parts/dialog";
import { Check, Field, Select } from "../parts/field";
import { Form, useSending } from "../parts/form";
import { Panel } from "../parts/panel";
import { Secret } from "../parts/secret";
import { type Column, Table } from "../parts/table";
import { day, moment } from "../say/format";
import { say, sayOf } from "../say/language";
import { sayError } from "../say/problem";
import { attempt } from "../store/notices";
import { accounts, session } from "../store/session";
import { makeKeyPair } from "../wire/ed25519";
import { get, post, remove } from "../wire/rest";
import type { Key, KeyPage, MakeKey, NewKey } from "../wire/types";
import { Sessions } from "./sessions";

type Scope = Key["scopes"][number];
const SCOPES: readonly Scope[] = ["read", "trade", "withdraw", "operate"];

interface Made {
  key: Key;
  secret: string;
  here: boolean; // Made by this browser: the venue never had it.
}

export function Keys() {
  const [keys, setKeys] = useState<Key[]>([]);
  const [problem, setProblem] = useState("");
  const [made, setMade] = useState<Made | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const load = () => get<KeyPage>("/v1/keys").then((page) => { setKeys(page.items); setProblem(""); }).catch((error: unknown) => setProblem(sayError(error).text));
  useEffect(() => { void load(); }, [session.value?.login]);
  const revoke = async (key: Key) => {
    await attempt(() => remove(`/v1/keys/${encodeURIComponent(key.key_id)}`), say("keys.revoked"));
    void load();
  };
  const columns: Column<Key>[] = [
    { key: "label", label: say("keys.label"), cell: (key) => <><b>{key.label || say("keys.unnamed")}</b> <code class="muted">{key.key_id}</code></> },
    { key: "scopes", label: say("keys.scopes"), cell: (key) => <span class="scopes">{key.scopes.map((scope) => <span key={scope} class="chip">{sayOf("scope", scope)}</span>)}</span> },
    { key: "account", label: say("col.account"), class: "wide", cell: (key) => key.account ?? say("keys.any_account") },
    { key: "addresses", label: say("keys.addresses"), class: "wide", cell: (key) => key.addresses.join(", ") || say("keys.any_address") },
    { key: "expires", label: say("keys.expires"), cell: (key) => (key.expires_ns ? day(key.expires_ns) : say("keys.never")) },
    { key: "used", label: say("keys.used"), class: "wide", cell: (key) => (key.last_used_ns ? moment(key.last_used_ns) : say("keys.unused")) },
    { key: "act", label: say("col.act"), kind: "act", hideLabel: true, cell: (key) => <button type="button" class="quiet bad small" onClick={() => setRevoking(key)}>{say("keys.revoke")}</button> },
  ];
  return (
    <main id="main" class="page two">
      <h1 class="hidden">{say("place.keys")}</h1>
      <div class="stack">
        <Panel title={say("keys.title")} note={say("keys.note")}><Table label={say("keys.title")} columns={columns} rows={keys} keyOf={(key) => key.key_id} empty={problem || say("keys.none")} /></Panel>
        <Sessions />
      </div>
      <MakeKeyPanel onMade={(one) => { setMade(one); void load(); }} />
      {made ? (
        <Dialog title={say("keys.made")} onClose={() => setMade(null)}>
          <p>{made.here ? say("keys.made_here") : say("keys.made_there")}</p>
          <Secret label={say("keys.id")} value={made.key.key_id} />
          <Secret label={say("keys.secret")} value={made.secret} />
          <div class="buttons"><button type="button" class="primary" onClick={() => setMade(null)}>{say("keys.kept")}</button></div>
        </Dialog>
      ) : null}
      {revoking ? <Confirm title={say("keys.revoke")} text={say("keys.revoke_text", { label: revoking.label || revoking.key_id })} act={say("keys.revoke")} onDone={() => void revoke(revoking)} onClose={() => setRevoking(null)} /> : null}
    </main>
  );
}

function MakeKeyPanel({ onMade }: { onMade: (made: Made) => void }) {
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [account, setAccount] = useState("");
  const [addresses, setAddresses] = useState("");
  const [expires, setExpires] = useState("");
  const [here, setHere] = useState(true);
  const [publicKey, setPublicKey] = useState("");
  const sending = useSending();
  const may = session.value?.scopes ?? [];
  const send = () => void sending.send(async () => {
    const pair = here && !publicKey ? await makeKeyPair() : null;
    const request: MakeKey = {
      label, scopes: SCOPES.filter((scope) => scopes.includes(scope)), account: account || null,
      addresses: addresses.split(/[\s,]+/).filter(Boolean), expires_ns: expires ? nanoseconds(Date.parse(`${expires}T23:59:59`)) : null,
      public_key: publicKey || pair?.publicKey || null,
    };
    const answer = await post<NewKey>("/v1/keys", request);
    const secret = answer.secret ?? pair?.seed ?? "";
    onMade({ key: answer.key, secret, here: answer.secret === null });
    setLabel("");
    setPublicKey("");
  });
  return (
    <Panel title={say("keys.make")}>
      <Form onSend={send} sending={sending} label={say("keys.make")}>
        <Field label={say("keys.label")} value={label} onValue={setLabel} maxLength={64} problem={sending.at("label")} />
        <fieldset class="checks">
          <legend>{say("keys.scopes")}</legend>
          {SCOPES.filter((scope) => may.includes(scope)).map((scope) => (
            <Check key={scope} label={say("keys.scope_line", { scope: sayOf("scope", scope), text: sayOf("scope_text", scope) })} checked={scopes.includes(scope)} onChecked={(on) => setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope))} />
          ))}
        </fieldset>
        <Select label={say("keys.account")} value={account} onValue={setAccount} options={[{ value: "", label: say("keys.any_account") }, ...accounts.value.map((one) => ({ value: one.name, label: one.name }))]} />
        <Field label={say("keys.addresses")} value={addresses} onValue={setAddresses} hint={say("keys.addresses_hint")} problem={sending.at("addresses")} placeholder="10.0.0.0/8" />
        <Field label={say("keys.expires")} type="date" value={expires} onValue={setExpires} hint={say("keys.expires_hint")} problem={sending.at("expires_ns")} />
        <Field label={say("keys.public_key")} value={publicKey} onValue={(text) => setPublicKey(text.trim().toLowerCase())} maxLength={64} hint={say("keys.public_key_hint")} problem={sending.at("public_key")} />
        {publicKey ? null : <Check label={say("keys.here")} checked={here} onChecked={setHere} />}
        <div class="buttons"><button type="submit" class="primary" disabled={sending.busy || scopes.length === 0}>{say("keys.make")}</button></div>
      </Form>
    </Panel>
  );
}
