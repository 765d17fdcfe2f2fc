// Tabs and segments: one stop of the Tab key, arrows within (WAI-ARIA authoring practices).

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface Choice<T extends string> {
  value: T;
  label: string;
  badge?: string;
  disabled?: boolean;
}

interface Props<T extends string> {
  label: string; // For screen readers.
  choices: readonly Choice<T>[];
  value: T;
  onChoose: (value: T) => void;
  class?: string;
}

/** Tabs that choose a panel with the id `${id}-panel`. */
export function Tabs<T extends string>({ id, label, choices, value, onChoose, children }: Props<T> & { id: string; children?: ComponentChildren }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => keepInSight(list.current, '[aria-selected="true"]'), [value]);
  return (
    <div class="tabs">
      <div class="tablist" ref={list} role="tablist" aria-label={label} onKeyDown={(event) => rove(event, choices, value, onChoose)}>
        {choices.map((choice) => (
          <button
            key={choice.value} type="button" role="tab" id={`${id}-${choice.value}`} aria-controls={`${id}-panel`}
            aria-selected={choice.value === value} tabIndex={choice.value === value ? 0 : -1} onClick={() => onChoose(choice.value)}
          >
            {choice.label}{choice.badge ? <span class="badge num">{choice.badge}</span> : null}
          </button>
        ))}
      </div>
      {children}
    </div>
  );
}

/** What the tabs of the same id choose. */
export function TabPanel({ id, value, class: kind = "", children }: { id: string; value: string; class?: string; children: ComponentChildren }) {
  return <div class={`tabpanel ${kind}`} role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`}>{children}</div>;
}

/** One of a few values, all in sight. */
export function Segments<T extends string>({ label, choices, value, onChoose, class: kind = "" }: Props<T>) {
  return (
    <div class={`segments ${kind}`} role="radiogroup" aria-label={label} onKeyDown={(event) => rove(event, choices, value, onChoose)}>
      {choices.map((choice) => (
        <button
          key={choice.value} type="button" role="radio" aria-checked={choice.value === value} disabled={choice.disabled}
          data-value={choice.value} tabIndex={choice.value === value ? 0 : -1} onClick={() => onChoose(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}

/** Scroll a row that does not fit so that what is chosen in it is seen; never the page. */
export function keepInSight(row: HTMLElement | null, chosen: string): void {
  const item = row?.querySelector(chosen);
  if (!row || !item) return;
  const [outer, inner] = [row.getBoundingClientRect(), item.getBoundingClientRect()];
  if (inner.left < outer.left || inner.right > outer.right) row.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}

function rove<T extends string>(event: KeyboardEvent, choices: readonly Choice<T>[], value: T, onChoose: (value: T) => void): void {
  const able = choices.filter((choice) => !choice.disabled);
  const at = able.findIndex((choice) => choice.value === value);
  const last = able.length - 1;
  const moves: Record<string, number> = {
    ArrowRight: at === last ? 0 : at + 1, ArrowDown: at === last ? 0 : at + 1,
    ArrowLeft: at <= 0 ? last : at - 1, ArrowUp: at <= 0 ? last : at - 1, Home: 0, End: last,
  };
  const next = able[moves[event.key] ?? -1];
  if (!next) return;
  event.preventDefault();
  onChoose(next.value);
  const list = event.currentTarget as HTMLElement;
  const index = choices.indexOf(next);
  requestAnimationFrame(() => list.querySelectorAll<HTMLElement>("button")[index]?.focus());
}
