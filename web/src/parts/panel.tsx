// A panel with a head: the building block of every page but the trading desk.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export function Panel({ title, note, aside, class: kind = "", children }: { title: string; note?: string; aside?: ComponentChildren; class?: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class={`panel ${kind}`} aria-labelledby={id}>
      <header class="panel-head"><h2 id={id}>{title}</h2>{note ? <p class="muted">{note}</p> : null}{aside ? <div class="aside">{aside}</div> : null}</header>
      {children}
    </section>
  );
}

/** Names and values, side by side. */
export function Facts({ items, class: kind = "" }: { items: readonly (readonly [label: string, value: ComponentChildren])[]; class?: string }) {
  return <dl class={`facts ${kind}`}>{items.map(([label, value]) => <div key={label}><dt>{label}</dt><dd class="num">{value}</dd></div>)}</dl>;
}
