import { parseSync } from "rolldown/utils";
import { describe, expect, it } from "vitest";
import { catalogue, PARTS } from "../src/say/catalogue";

const TEXTS = import.meta.glob<string>(["../src/**/*.{ts,tsx}", "!../src/say/catalogue/**"], { query: "?raw", import: "default", eager: true });
const FILES = Object.keys(TEXTS);
const TEXT_ATTRIBUTES = new Set(["aria-label", "title", "placeholder", "label", "hint", "note", "alt", "empty", "act", "text", "unit"]);
// What is the same in every language: names, symbols and examples of what to type.
const UNTRANSLATED = /^(?:[\s\d.,:;%·/+\-–—…↑↓()\[\]?#]*|10\.0\.0\.0\/8|BTC\/USDC|-?0\.000\d|s)$/u;

interface Node { type: string; [field: string]: unknown }

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const one of value) yield* walk(one);
  else if (value && typeof value === "object") {
    if (typeof (value as Node).type === "string") yield value as Node;
    for (const [name, field] of Object.entries(value)) if (name !== "parent") yield* walk(field);
  }
}

function* nodes(file: string): Generator<Node> {
  const parsed = parseSync(file, TEXTS[file]!);
  expect(parsed.errors).toEqual([]);
  yield* walk(parsed.program);
}

/** Texts that an expression between tags may come to by itself: strings in its branches. */
function said(expression: Node): string[] {
  switch (expression.type) {
    case "Literal": return typeof expression.value === "string" && !UNTRANSLATED.test(expression.value) ? [expression.value] : [];
    case "ConditionalExpression": return [...said(expression.consequent as Node), ...said(expression.alternate as Node)];
    case "LogicalExpression": return [...said(expression.left as Node), ...said(expression.right as Node)];
    case "TemplateLiteral": return (expression.quasis as { value: { cooked: string } }[]).map((part) => part.value.cooked).filter((text) => !UNTRANSLATED.test(text));
    default: return [];
  }
}

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe("the catalogue", () => {
  it("has every message in all three languages, with the same placeholders", () => {
    for (const [key, message] of Object.entries(catalogue)) {
      expect(message, key).toHaveLength(3);
      for (const text of message) expect(text.trim(), key).not.toBe("");
      expect(placeholders(message[1]), key).toEqual(placeholders(message[0]));
      expect(placeholders(message[2]), key).toEqual(placeholders(message[0]));
    }
  });

  it("has each key once", () => {
    const keys = Object.values(PARTS).flatMap((part) => Object.keys(part));
    expect(keys.length).toBe(new Set(keys).size);
  });

  it("keeps the two scripts apart", () => {
    const simplifiedOnly = /[买卖价单账户标类关闭设录图书场门见说请没张时间经这进还对应总质费订载缓]/u;
    const traditionalOnly = /[買賣價單賬戶標類關閉設錄圖書場門見說請沒張時間經這進還對應總質費訂載緩]/u;
    for (const [key, [, hant, hans]] of Object.entries(catalogue)) {
      expect(hant, key).not.toMatch(simplifiedOnly);
      expect(hans, key).not.toMatch(traditionalOnly);
    }
  });

  it("has no message that nothing says", () => {
    const text = Object.values(TEXTS).join("\n");
    const made = new Set([...text.matchAll(/say\(`(\w+)\.\$\{/g), ...text.matchAll(/sayOf\("(\w+)"/g)].map(([, prefix]) => prefix));
    const unused = Object.keys(catalogue).filter((key) => !text.includes(`"${key}"`) && !made.has(key.split(".")[0]!));
    expect(unused).toEqual([]);
  });
});

describe("visible text", () => {
  it.each(FILES.filter((file) => file.endsWith(".tsx")))("of %s is all in the catalogue", (file) => {
    const found: string[] = [];
    for (const node of nodes(file)) {
      if (node.type === "JSXText" && !UNTRANSLATED.test(String(node.value))) found.push(String(node.value).trim());
      if (node.type === "JSXElement") {
        for (const child of node.children as Node[]) if (child.type === "JSXExpressionContainer") found.push(...said(child.expression as Node));
      }
      if (node.type !== "JSXAttribute") continue;
      const name = String((node.name as Node).name);
      const value = node.value as Node | null;
      if (TEXT_ATTRIBUTES.has(name) && value?.type === "Literal" && !UNTRANSLATED.test(String(value.value))) found.push(`${name}="${String(value.value)}"`);
    }
    expect(found).toEqual([]);
  });

  it("is in no string of letters beyond ASCII outside the catalogue", () => {
    const names = new Set(["繁體中文", "简体中文"]); // Languages in themselves.
    for (const file of FILES) {
      for (const node of nodes(file)) {
        if (node.type !== "Literal" || typeof node.value !== "string") continue;
        if (/\p{Script=Han}/u.test(node.value)) expect(names.has(node.value), `${file}: ${node.value}`).toBe(true);
      }
    }
  });
});
