// A value to copy: in full, in one piece, with a button that does it.

import { useState } from "preact/hooks";
import { say } from "../say/language";
import { Icon } from "./icon";

const SAID_MS = 2000;

export function Secret({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return (
    <div class="secret">
      <span class="muted">{label}</span>
      <code>{value}</code>
      {"clipboard" in navigator ? <button type="button" class="quiet small" onClick={() => void copy()}><Icon name={copied ? "check" : "copy"} /><span aria-live="polite">{copied ? say("act.copied") : say("act.copy")}</span></button> : null}
    </div>
  );
}
