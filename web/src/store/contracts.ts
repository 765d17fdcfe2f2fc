// Contracts as everybody sees them: mark, index and funding of the one on show, option chains, questions.

import { computed, effect, signal } from "@preact/signals";
import { get } from "../wire/rest";
import type { Contract, OptionChain, OptionChains, Question, Questions } from "../wire/types";
import { beforeFrame } from "./frame";
import { lookEvery } from "./looking";
import { chosen, instrument } from "./market";
import { instruments, stream } from "./venue";

const CHAIN_MS = 2000;
const QUESTIONS_MS = 3000;

const latest = signal<Contract | null>(null);
/** Of the instrument on show; null for what is delivered. */
export const contract = computed<Contract | null>(() => {
  const own = instrument.value?.contract ?? null;
  return own && latest.value?.instrument === chosen.value ? latest.value : own;
});
export const hasOptions = computed(() => [...instruments.value.values()].some((one) => one.contract?.strike));
export const hasQuestions = computed(() => [...instruments.value.values()].some((one) => one.contract?.question));
export const chains = signal<readonly OptionChain[] | null>(null);
export const questions = signal<readonly Question[] | null>(null);

export function followContract(): void {
  effect(() => {
    const name = chosen.value;
    if (!instrument.value?.contract) { latest.value = null; return undefined; }
    return stream.follow({ channel: "contracts", instrument: name }, {
      take(message) {
        if (message.type !== "contracts") return;
        beforeFrame("contract", () => { if (chosen.peek() === name) latest.value = message.items.at(-1) ?? latest.value; });
      },
    });
  });
}

export function followChains(): () => void {
  return lookEvery(CHAIN_MS, async () => { chains.value = (await get<OptionChains>("/v1/option-chains")).items; });
}

export function followQuestions(): () => void {
  return lookEvery(QUESTIONS_MS, async () => { questions.value = (await get<Questions>("/v1/questions")).items; });
}
