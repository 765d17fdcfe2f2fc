// A labelled input with what is wrong with it beneath.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Props {
  id?: string;
  type?: "text" | "password" | "number" | "date" | "datetime-local";
  name?: string;
  autocomplete?: "off" | "username" | "current-password" | "new-password" | "one-time-code";
  autocapitalize?: "none";
  inputMode?: "decimal" | "numeric";
  maxLength?: number;
  min?: number;
  max?: number;
  step?: number;
  placeholder?: string;
  required?: boolean;
  class?: string;
  onKeyDown?: (event: KeyboardEvent) => void;
  label: string;
  value: string;
  onValue: (value: string) => void;
  unit?: string;
  hint?: string;
  problem?: string | null;
  aside?: ComponentChildren; // Beside the label.
}

export function Field({ label, value, onValue, unit, hint, problem, aside, class: kind, id: given, ...input }: Props) {
  const made = useId();
  const id = given ?? made;
  const about = `${id}-about`;
  const more: object = input; // Preact tells each type of input apart, which a field that may be any does not care for.
  return (
    <div class={`field ${kind ?? ""}`}>
      <div class="field-head"><label for={id}>{label}</label>{aside}</div>
      <div class="input" data-bad={problem ? "" : undefined}>
        <input
          id={id} value={value} autocomplete="off" spellcheck={false} aria-invalid={problem ? true : undefined}
          aria-describedby={problem || hint ? about : undefined} onInput={(event) => onValue(event.currentTarget.value)} {...more}
        />
        {unit ? <span class="unit" aria-hidden="true">{unit}</span> : null}
      </div>
      {problem || hint ? <p id={about} class={problem ? "problem" : "hint"}>{problem ?? hint}</p> : null}
    </div>
  );
}

/** Decimal text: what a phone's keypad gives, commas of a pasted number taken out. */
export function DecimalField(props: Props) {
  return <Field inputMode="decimal" {...props} class={`decimal ${props.class ?? ""}`} onValue={(text) => props.onValue(cleaned(text))} />;
}

function cleaned(text: string): string {
  return text.replace(/[\s,\u2009\u202f\u00a0']/g, "").replace(/[\u3002\uff0e]/g, ".");
}

interface SelectProps<T extends string> {
  label: string;
  value: T;
  onValue: (value: T) => void;
  options: readonly { value: T; label: string; disabled?: boolean }[];
  hideLabel?: boolean;
  class?: string;
  disabled?: boolean;
}

export function Select<T extends string>({ label, value, onValue, options, hideLabel, class: kind = "", disabled }: SelectProps<T>) {
  const id = useId();
  return (
    <div class={`field ${kind}`}>
      <div class={hideLabel ? "hidden" : "field-head"}><label for={id}>{label}</label></div>
      <div class="input select">
        <select id={id} value={value} disabled={disabled} onChange={(event) => onValue(event.currentTarget.value as T)}>
          {options.map((option) => <option key={option.value} value={option.value} disabled={option.disabled} selected={option.value === value}>{option.label}</option>)}
        </select>
      </div>
    </div>
  );
}

export function Check({ label, checked, onChecked, disabled, hint }: { label: string; checked: boolean; onChecked: (checked: boolean) => void; disabled?: boolean; hint?: string }) {
  return (
    <label class="check" title={hint}>
      <input type="checkbox" checked={checked} disabled={disabled} onChange={(event) => onChecked(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}
