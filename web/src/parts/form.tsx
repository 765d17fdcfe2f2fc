// A form that sends one request: busy while it is under way, and its problem said at the field at fault.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Said, sayError } from "../say/problem";

export interface Sending {
  busy: boolean;
  problem: Said | null;
  /** Send; true where it went well. A second call while one is under way does nothing. */
  send: (act: () => Promise<unknown>) => Promise<boolean>;
  forget: () => void;
  /** What is wrong with this field of the request, or null. */
  at: (...names: string[]) => string | null;
}

export function useSending(): Sending {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Said | null>(null);
  const send = async (act: () => Promise<unknown>) => {
    if (busy) return false;
    setBusy(true);
    setProblem(null);
    try {
      await act();
      return true;
    } catch (error) {
      setProblem(sayError(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, send, forget: () => setProblem(null), at: (...names) => (problem?.field && names.includes(problem.field) ? problem.text : null) };
}

export function Form({ onSend, sending, children, class: kind = "", label }: { onSend: () => void; sending: Sending; children: ComponentChildren; class?: string; label?: string }) {
  return (
    <form class={`form ${kind}`} aria-label={label} noValidate aria-busy={sending.busy} onSubmit={(event) => { event.preventDefault(); onSend(); }}>
      {children}
      <ProblemText said={sending.problem} />
    </form>
  );
}

/** The problem, with the venue's own words behind it. */
export function ProblemText({ said }: { said: Said | null }) {
  return (
    <div role="alert" class="problem-box">
      {said ? <p class="problem">{said.text}{said.detail ? <small lang="en">{said.detail}</small> : null}</p> : null}
    </div>
  );
}
