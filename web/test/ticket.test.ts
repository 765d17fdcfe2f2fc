import { beforeEach, describe, expect, it } from "vitest";
import { balances } from "../src/store/account";
import { chosen } from "../src/store/market";
import { chooseKind, chooseTif, clearTicket, expiry, kind, postOnly, price, qty, request, share, side, stepped, takePrice, tif, trigger } from "../src/store/ticket";
import { assets, instruments } from "../src/store/venue";
import type { Asset, Balance, Instrument } from "../src/wire/types";

const INSTRUMENT = { name: "BTC/USDC", base: "BTC", quote: "USDC", tick: "0.1", lot: "0.0001", qty_min: "0.0001", qty_max: "500.0000", band: "0.2", title: "", asset_class: "coin", status: "open" } as Instrument;

function holds(asset: string, free: string): Balance {
  return { account: "ann", asset, total: free, free, in_orders: "0", held: "0", value: null };
}

beforeEach(() => {
  instruments.value = new Map([[INSTRUMENT.name, INSTRUMENT]]);
  assets.value = new Map([["USDC", { name: "USDC", decimals: 6 } as Asset]]);
  balances.value = new Map([["USDC", holds("USDC", "1000")], ["BTC", holds("BTC", "0.20019")]]);
  chosen.value = "BTC/USDC";
  clearTicket();
  side.value = "buy";
  postOnly.value = false;
  chooseTif("gtc");
  chooseKind("limit");
});

describe("the order being written", () => {
  it("is no request until all it needs is there", () => {
    expect(request.value).toBeNull();
    qty.value = "0.01";
    expect(request.value).toBeNull();
    price.value = "99000.5";
    expect(request.value).toEqual({ instrument: "BTC/USDC", side: "buy", qty: "0.01", price: "99000.5", tif: "gtc", stp: "cancel_resting" });
    price.value = "99000.5x";
    expect(request.value).toBeNull();
  });

  it("has what its kind has, and nothing else", () => {
    [qty.value, price.value, trigger.value] = ["1", "100", "90"];
    postOnly.value = true;
    expect(request.value).toMatchObject({ post_only: true });
    chooseKind("stop");
    expect(kind.value).toBe("stop");
    expect(request.value).toEqual({ instrument: "BTC/USDC", side: "buy", qty: "1", market: true, trigger: "90", tif: "ioc", stp: "cancel_resting" });
    chooseKind("market");
    expect(request.value).toEqual({ instrument: "BTC/USDC", side: "buy", qty: "1", market: true, tif: "ioc", stp: "cancel_resting" });
  });

  it("expires where it says, tomorrow unless told otherwise", () => {
    [qty.value, price.value] = ["1", "100"];
    chooseTif("gtd");
    expect(expiry.value).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
    expiry.value = "2030-01-02T03:04:05";
    expect(request.value?.expire_ns).toBe(`${Date.parse("2030-01-02T03:04:05")}000000`);
    expiry.value = "";
    expect(request.value).toBeNull();
  });

  it("takes a price into the field that waits for one", () => {
    chooseKind("market");
    takePrice("99.5");
    expect([kind.value, price.value]).toEqual(["limit", "99.5"]);
    chooseKind("stop");
    takePrice("98.0");
    expect(trigger.value).toBe("98.0");
  });

  it("keeps to times in force that its kind may have", () => {
    chooseTif("gtd");
    chooseKind("market");
    expect(tif.value).toBe("ioc");
    chooseKind("limit");
    expect(tif.value).toBe("gtd");
  });

  it("never asks for more than is free, to the lot", () => {
    price.value = "99000.5";
    // 1000 pays for 0.01009... with the fee on top: one lot more would be too much.
    expect(share(100)).toBe("0.0100");
    expect(share(50)).toBe("0.0050");
    side.value = "sell";
    expect(share(100)).toBe("0.2001");
    expect(share(25)).toBe("0.0500");
  });

  it("steps along the grid of ticks", () => {
    expect(stepped("100.0", "0.1", 1, null)).toBe("100.1");
    expect(stepped("100.05", "0.1", 1, null)).toBe("100.1");
    expect(stepped("100.05", "0.1", -1, null)).toBe("100.0");
    expect(stepped("0.1", "0.1", -1, null)).toBe("0.1");
    expect(stepped("", "0.1", 1, "99.9")).toBe("99.9");
  });
});
