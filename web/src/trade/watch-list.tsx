// Everything listed, by class and by search, with its last price and how it moved.

import { computed, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icon";
import { number, percent, trend } from "../say/format";
import { say, sayOf } from "../say/language";
import { choose, chosen } from "../store/market";
import { ticker } from "../store/tickers";
import { instruments } from "../store/venue";
import type { Instrument } from "../wire/types";
import { GaugeMark } from "./gauge";
import { Spark } from "./spark";

export const SEARCH_ID = "search";
const search = signal("");
const only = signal("");

const classes = computed(() => [...new Set([...instruments.value.values()].map((one) => one.asset_class))]);
const shown = computed(() => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  return [...instruments.value.values()].filter((one) => {
    if (only.value && one.asset_class !== only.value) return false;
    const text = `${one.name} ${one.title} ${titleOf(one)} ${sayOf("class", one.asset_class)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
});

/** What an instrument is called: the demonstration's are in the catalogue, others as their operator named them. */
export function titleOf(one: Instrument): string {
  return sayOf("title", one.title.replace(/[^A-Za-z]+/g, "_").replace(/_$/, ""), one.title || sayOf("class", one.asset_class));
}

export function WatchList({ onChosen }: { onChosen?: () => void }) {
  const list = useRef<HTMLUListElement>(null);
  const names = shown.value;
  const current = names.some((one) => one.name === chosen.value) ? chosen.value : (names[0]?.name ?? "");

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [chosen.value]);

  const walk = (event: KeyboardEvent) => {
    const at = names.findIndex((one) => one.name === current);
    const next = names[{ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[event.key] ?? -1];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(current); onChosen?.(); }
    if (!next) return;
    event.preventDefault();
    choose(next.name);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };

  return (
    <section class="pane watch" aria-labelledby="watch-title">
      <h2 class="hidden" id="watch-title">{say("watch.title")}</h2>
      <div class="watch-tools">
        <label class="search">
          <Icon name="search" /><span class="hidden">{say("watch.search")}</span>
          <input
            id={SEARCH_ID} type="search" placeholder={say("watch.search")} value={search.value} autocomplete="off" spellcheck={false}
            onInput={(event) => { search.value = event.currentTarget.value; }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && names[0]) { choose(names[0].name); onChosen?.(); }
              if (event.key === "ArrowDown") { event.preventDefault(); list.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus(); }
              if (event.key === "Escape") { search.value = ""; event.currentTarget.blur(); }
            }}
          />
          <kbd aria-hidden="true">/</kbd>
        </label>
        <div class="chips" role="group" aria-label={say("watch.classes")}>
          <button type="button" aria-pressed={only.value === ""} onClick={() => { only.value = ""; }}>{say("watch.all")}</button>
          {classes.value.map((one) => (
            <button key={one} type="button" aria-pressed={only.value === one} onClick={() => { only.value = only.value === one ? "" : one; }}>{sayOf("class", one)}</button>
          ))}
        </div>
      </div>
      <ul class="watch-rows" role="listbox" aria-labelledby="watch-title" ref={list} onKeyDown={walk}>
        {names.map((one) => <Row key={one.name} one={one} reachable={one.name === current} onChosen={onChosen} />)}
      </ul>
      {names.length ? null : <p class="empty">{instruments.value.size ? say("watch.none") : say("watch.loading")}</p>}
    </section>
  );
}

function Row({ one, reachable, onChosen }: { one: Instrument; reachable: boolean; onChosen?: () => void }) {
  const is = chosen.value === one.name;
  return (
    <li
      class="watch-row" role="option" aria-selected={is} tabIndex={reachable ? 0 : -1} data-instrument={one.name}
      onClick={() => { choose(one.name); onChosen?.(); }}
    >
      <span class="name">{one.contract ? one.name : <>{one.base}<small>/{one.quote}</small></>}<GaugeMark name={one.name} /></span>
      <Numbers name={one.name} />
      <span class="title">{titleOf(one)}</span>
      <Spark name={one.name} />
      {one.status === "open" ? null : <span class="chip warn">{sayOf("status", one.status)}</span>}
    </li>
  );
}

function Numbers({ name }: { name: string }) {
  const now = ticker(name).value;
  const before = useRef<string | null>(null);
  const cell = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const was = before.current;
    before.current = now?.last ?? null;
    if (!was || !now?.last || was === now.last || !cell.current) return;
    cell.current.dataset.flash = Number(now.last) > Number(was) ? "up" : "down";
    const element = cell.current;
    const timer = setTimeout(() => { delete element.dataset.flash; }, 350);
    return () => clearTimeout(timer);
  }, [now?.last]);
  return (
    <>
      <span class="last num" ref={cell}>{number(now?.last)}</span>
      <span class={`change num ${trend(now?.change)}`}>{percent(now?.change)}</span>
    </>
  );
}
