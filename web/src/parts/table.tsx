// A table of fixed columns whose rows one walks with the arrow keys.

import type { ComponentChildren } from "preact";

export interface Column<T> {
  key: string;
  label: string;
  cell: (row: T) => ComponentChildren;
  kind?: "num" | "text" | "act"; // Numbers stand to the right; acts are buttons.
  class?: string; // "wide" columns give way on narrow screens.
  hideLabel?: boolean;
}

interface Props<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string | number;
  empty: string;
  class?: string;
  onRow?: (row: T) => void; // Enter or a click on a row.
  current?: string | number;
}

export function Table<T>({ label, columns, rows, keyOf, empty, class: kind = "", onRow, current }: Props<T>) {
  return (
    <div class={`table ${kind}`}>
      <table>
        <caption class="hidden">{label}</caption>
        <thead>
          <tr>{columns.map((column) => (
            <th key={column.key} scope="col" class={classOf(column)}>{column.hideLabel ? <span class="hidden">{column.label}</span> : column.label}</th>
          ))}</tr>
        </thead>
        <tbody onKeyDown={walk}>
          {rows.map((row, index) => (
            <tr
              key={keyOf(row)} tabIndex={index === 0 ? 0 : -1} aria-current={current !== undefined && keyOf(row) === current ? "true" : undefined}
              data-live={onRow ? "" : undefined} onClick={onRow ? (event) => { if (!onControl(event)) onRow(row); } : undefined}
              onKeyDown={onRow ? (event) => { if (event.key === "Enter" && event.target === event.currentTarget) onRow(row); } : undefined}
            >
              {columns.map((column) => <td key={column.key} class={classOf(column)}>{column.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length ? null : <p class="empty">{empty}</p>}
    </div>
  );
}

function classOf<T>(column: Column<T>): string {
  return `${column.kind ?? "text"} ${column.class ?? ""}`;
}

function onControl(event: Event): boolean {
  return (event.target as Element).closest("button, a, input, select, label") !== null;
}

function walk(event: KeyboardEvent): void {
  const row = event.target as HTMLElement;
  if (row.tagName !== "TR") return;
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: row.parentElement?.firstElementChild, End: row.parentElement?.lastElementChild }[event.key];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  row.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
