// Which language the page speaks, and how a key of the catalogue becomes text in it.

import { computed } from "@preact/signals";
import { remembered } from "../store/remembered";
import { catalogue, type Key } from "./catalogue";
import type { Message } from "./catalogue/messages";

export type { Key };
export const LANGUAGES = ["en", "zh-Hant", "zh-Hans"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language in itself: the one thing that is never translated. */
export const NAMES: Record<Language, string> = { en: "English", "zh-Hant": "繁體中文", "zh-Hans": "简体中文" };
const LOCALES: Record<Language, string> = { en: "en", "zh-Hant": "zh-Hant-TW", "zh-Hans": "zh-Hans-CN" };

export const language = remembered<Language>("language", preferred(), (text) => LANGUAGES.includes(text as Language));
/** For Intl: of English the reader's own kind, where they have one. */
export const locale = computed(() => navigator.languages.find((tag) => matches(tag) === language.value) ?? LOCALES[language.value]);
const column = computed(() => LANGUAGES.indexOf(language.value));

export type Values = Record<string, string | number>;

/** The text of a key, with {names} filled in. */
export function say(key: Key, values?: Values): string {
  const text = catalogue[key][column.value]!;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
}

/** The text of a key made up at run time, such as a code of the venue; `otherwise` where there is none. */
export function sayOf(prefix: string, code: string, otherwise: string = code): string {
  return (catalogue as Record<string, Message>)[`${prefix}.${code.toLowerCase()}`]?.[column.value] ?? otherwise;
}

function preferred(): Language {
  for (const tag of navigator.languages) {
    const found = matches(tag);
    if (found) return found;
  }
  return "en";
}

function matches(tag: string): Language | undefined {
  const { language: base, script } = new Intl.Locale(tag).maximize();
  if (base === "en") return "en";
  if (base !== "zh") return undefined;
  return script === "Hant" ? "zh-Hant" : "zh-Hans";
}
