// What a browser calls itself, in a word or two that its owner knows it by.

// In this order: most say the names of those before them, too.
const BROWSERS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["Edge", /\bEdgA?\//], ["Opera", /\bOPR\//], ["Samsung Internet", /\bSamsungBrowser\//], ["Firefox", /\b(?:Firefox|FxiOS)\//],
  ["Chrome", /\b(?:Headless)?(?:Chrome|CriOS)\//], ["Safari", /\bSafari\//],
];
const SYSTEMS: readonly (readonly [name: string, mark: RegExp])[] = [
  ["iPhone", /\biPhone\b/], ["iPad", /\biPad\b/], ["Android", /\bAndroid\b/], ["Windows", /\bWindows\b/], ["macOS", /\bMac OS X\b/], ["ChromeOS", /\bCrOS\b/],
  ["Linux", /\bLinux\b/],
];
const PROGRAM_CHARS_MAX = 40;

/** "Firefox · Linux"; of a program that is no browser its own first word; "" where it said nothing. */
export function browserOf(agent: string): string {
  const browser = nameIn(BROWSERS, agent);
  if (!browser) return (agent.split(" ", 1)[0] ?? "").slice(0, PROGRAM_CHARS_MAX);
  const system = nameIn(SYSTEMS, agent);
  return system ? `${browser} · ${system}` : browser;
}

function nameIn(names: readonly (readonly [name: string, mark: RegExp])[], agent: string): string {
  return names.find(([, mark]) => mark.test(agent))?.[0] ?? "";
}
