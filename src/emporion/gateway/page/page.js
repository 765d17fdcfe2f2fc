// The page: what the stream says, put where it belongs.

import { Chart } from "./chart.js";
import { group, NONE, percent, places, short, trend } from "./format.js";
import { Ladder, set, Tape, total } from "./ladder.js";
import { Listings } from "./listings.js";
import { Stream } from "./stream.js";

const $ = (id) => document.getElementById(id);

const instruments = new Map(); // By name: what each is.
const latest = new Map(); // By name: how each trades.
let chosen = "";
let grain = ""; // How fine its numbers are, said beside the chart when nothing is pointed at.
let shown = { name: "", last: 0 }; // The price in the middle of the book, to tell which way it went.

const list = new Listings($("list"), choose);
const asks = new Ladder($("asks"));
const bids = new Ladder($("bids"));
const tape = new Tape($("tape"));
const chart = new Chart($("chart"), (under) => set($("hover"), under ?? grain));

const hear = {
  hello(message) {
    $("notice").hidden = !message.simulation;
    latest.clear();
    hear.instruments(message);
    hear.listings(message);
    list.choose(wanted(), false);
  },

  instruments(message) {
    instruments.clear();
    for (const instrument of message.instruments) instruments.set(instrument.name, instrument);
    list.define(message.instruments);
    list.update(latest.values());
    describe();
  },

  listings(message) {
    set($("seq"), group(String(message.seq)));
    for (const listing of message.listings) latest.set(listing.name, listing);
    list.update(message.listings);
    if (message.listings.some((listing) => listing.name === chosen)) quote();
  },

  image(message) {
    if (message.instrument !== chosen) return;
    const { tick } = instruments.get(chosen);
    chart.show(message.bars, tick, places(tick));
    tape.show(message.trades);
    book(message.book);
  },

  update(message) {
    if (message.instrument !== chosen) return;
    chart.add(message.bars);
    tape.add(message.trades);
    book(message.book);
  },
};

const STATES = { connecting: "Connecting", live: "Live", down: "Reconnecting" };
const stream = new Stream(
  (message) => hear[message.type]?.(message),
  (state) => {
    if ($("link").dataset.state === state) return;
    $("link").dataset.state = state;
    $("desk").dataset.state = state;
    set($("link-text"), STATES[state]);
  },
);

addEventListener("hashchange", () => list.choose(wanted(), false));

/** The instrument named in the address, else the one on show, else the first. */
function wanted() {
  const named = decodeURIComponent(location.hash.slice(1));
  return list.has(named) ? named : list.has(chosen) ? chosen : list.first();
}

function choose(name) {
  chosen = name;
  history.replaceState(null, "", `#${name}`);
  chart.show([], "1", 0);
  tape.show([]);
  for (const side of [asks, bids]) side.show([], 1, 0);
  describe();
  quote();
  stream.watch(name);
}

/** What does not change with each trade. */
function describe() {
  const instrument = instruments.get(chosen);
  if (!instrument) return;
  const kind = instrument.asset_class.toLowerCase();
  set($("name"), instrument.name);
  set($("title"), instrument.title || kind);
  set($("status"), instrument.status.toLowerCase().replace("_", " "));
  $("status").hidden = false;
  grain = `2-second bars, tick ${instrument.tick}, lot ${instrument.lot}`;
  set($("hover"), grain);
  set($("book-unit"), `${instrument.base} in ${instrument.quote}`);
}

function quote() {
  const listing = latest.get(chosen);
  if (!listing) return;
  set($("last"), group(listing.last));
  set($("change"), percent(listing.change_percent));
  $("change").className = `num ${trend(listing.change_percent)}`;
  set($("bid"), group(listing.bid));
  set($("ask"), group(listing.ask));
  set($("spread"), group(listing.spread));
  set($("volume"), short(listing.volume));
  set($("trades"), group(String(listing.trades)));
  set($("middle"), group(listing.last));
  const moved = shown.name === chosen ? Number(listing.last) - shown.last : 0;
  if (moved || shown.name !== chosen) $("middle").className = trend(String(moved));
  shown = { name: chosen, last: Number(listing.last) };
  set($("middle-spread"), listing.spread_bps === null ? NONE : `spread ${listing.spread_bps} bp`);
  document.title = `${group(listing.last)} ${chosen} \u00b7 emporion`;
}

function book(message) {
  const most = Math.max(total(message.asks), total(message.bids)) || 1;
  const decimals = places(instruments.get(chosen).lot);
  asks.show(message.asks, most, decimals);
  bids.show(message.bids, most, decimals);
}
