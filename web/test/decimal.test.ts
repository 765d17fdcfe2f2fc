import { describe, expect, it } from "vitest";
import { add, compare, divide, isDecimal, multiply, places, sign, subtract, toStep, truncate, withPlaces } from "../src/exact/decimal";

describe("decimals stay exact", () => {
  it("adds, subtracts and multiplies what a float cannot hold", () => {
    expect(add("0.1", "0.2")).toBe("0.3");
    expect(add("99999999999999999999.000000000000000001", "0.000000000000000001")).toBe("99999999999999999999.000000000000000002");
    expect(subtract("1", "1.00000001")).toBe("-0.00000001");
    expect(multiply("103250.5", "0.0001")).toBe("10.32505");
    expect(multiply("-2", "0.05")).toBe("-0.10");
  });

  it("divides towards zero with the decimals asked for", () => {
    expect(divide("1", "3", 4)).toBe("0.3333");
    expect(divide("-1", "3", 4)).toBe("-0.3333");
    expect(divide("100000", "3954.28", 5)).toBe("25.28905");
    expect(() => divide("1", "0", 2)).toThrow(RangeError);
  });

  it("compares by value, not by writing", () => {
    expect(compare("1.10", "1.1")).toBe(0);
    expect(compare("-2", "1")).toBe(-1);
    expect(compare("10", "9")).toBe(1);
    expect(sign("-0.000")).toBe(0);
  });

  it("goes to steps, down or up, on both sides of zero", () => {
    expect(toStep("3954.289", "0.01")).toBe("3954.28");
    expect(toStep("3954.281", "0.01", "up")).toBe("3954.29");
    expect(toStep("42.07", "0.05")).toBe("42.05");
    expect(toStep("42.10", "0.05", "up")).toBe("42.10");
    expect(toStep("-0.07", "0.05")).toBe("-0.10");
  });

  it("writes as many decimals as asked, and loses no digit", () => {
    expect(withPlaces("1.5000", 1)).toBe("1.5");
    expect(withPlaces("1.2345", 1)).toBe("1.2345");
    expect(withPlaces("2", 3)).toBe("2.000");
    expect(truncate("1.987", 2)).toBe("1.98");
    expect(truncate("-0.019", 2)).toBe("-0.01");
    expect(places("1e")).toBe(0);
  });

  it("reads what the venue reads", () => {
    for (const good of ["0", "97012.5", "-0.25", "12345678901234567890"]) expect(isDecimal(good)).toBe(true);
    for (const bad of ["", ".5", "1.", "1e3", "+1", " 1", "1,000", "123456789012345678901"]) expect(isDecimal(bad)).toBe(false);
  });
});
