import { beforeEach, describe, expect, it } from "vitest";
import { brief, bytes, clock, fraction, money, moment, NONE, number, percent, short, trend } from "../src/say/format";
import { language, say, sayOf } from "../src/say/language";
import { sayProblem } from "../src/say/problem";

beforeEach(() => { language.value = "en"; });

describe("numbers for people", () => {
  it("keeps every digit of a price", () => {
    expect(number("103250.50")).toBe("103,250.50");
    expect(number("-0.25")).toBe("\u22120.25");
    expect(number("12345678901234567890.123456789012345678")).toBe("12,345,678,901,234,567,890.123456789012345678");
    expect(number("0.00001")).toBe("0.00001");
    expect(number(null)).toBe(NONE);
  });

  it("cuts where it says so, and never rounds up what one has", () => {
    expect(money("419819.999")).toBe("419,819.99");
    expect(money("7")).toBe("7.00");
    expect(brief("1.23456789", 6)).toBe("1.234567");
    expect(short("1284211.07")).toBe("1.28M");
    expect(short("9999")).toBe("9,999");
  });

  it("says signs of changes", () => {
    expect(percent("0.53")).toBe("+0.53%");
    expect(percent("-1.14")).toBe("\u22121.14%");
    expect(percent("0.00")).toBe("0.00%");
    expect([trend("0.1"), trend("-0.1"), trend("0.00"), trend(null)]).toEqual(["up", "down", "flat", "flat"]);
    expect(fraction("-0.000005")).toBe("\u22120.0005%");
    expect(fraction("0.2")).toBe("20%");
  });

  it("says times and sizes", () => {
    expect(clock("1790000000123456789")).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(moment("0")).toBe(NONE);
    expect(bytes(1536)).toBe("1.5 KiB");
  });
});

describe("messages", () => {
  it("fills in what is named, in each language", () => {
    expect(say("transfer.done", { amount: "5", asset: "USDC", to: "ann.desk" })).toBe("5 USDC transferred to ann.desk.");
    language.value = "zh-Hant";
    expect(say("ticket.buy")).toBe("買入");
    language.value = "zh-Hans";
    expect(say("ticket.buy")).toBe("买入");
    expect(sayOf("status", "halted")).toBe("暂停");
    expect(sayOf("status", "unheard_of")).toBe("unheard_of");
  });

  it("says a problem by its code, with the venue's words behind it", () => {
    const said = sayProblem({ code: "INSUFFICIENT_FUNDS", reason: "too little is free", detail: "needs 5, has 3", field: "qty" });
    expect(said).toEqual({ text: "Not enough free balance.", detail: "needs 5, has 3", field: "qty" });
    expect(sayProblem({ code: "NEW_ONE", reason: "not heard of before", detail: "", field: null }).text).toBe("not heard of before");
  });
});
