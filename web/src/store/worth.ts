// What balances are worth at last prices, reckoned here so that it moves with the prices.

import { computed } from "@preact/signals";
import { add, type Dec, multiply, truncate } from "../exact/decimal";
import type { Balance } from "../wire/types";
import { balances, valueAsset } from "./account";
import { ticker } from "./tickers";
import { decimalsOf, instruments } from "./venue";

/** In the value asset, cut to its decimals; null where there is no price. */
export function valueOf(balance: Balance): Dec | null {
  const unit = valueAsset.value;
  if (!unit) return null;
  if (balance.asset === unit) return balance.total;
  const direct = `${balance.asset}/${unit}`;
  const last = instruments.value.has(direct) ? ticker(direct).value?.last : null;
  return last ? truncate(multiply(balance.total, last), decimalsOf(unit)) : balance.value;
}

/** All of them together, of those that have a price. */
export const worth = computed<Dec>(() => {
  let sum = "0";
  for (const balance of balances.value.values()) sum = add(sum, valueOf(balance) ?? "0");
  return sum;
});
