// What the page's stores ask of a browser when they are loaded, for tests that have none.

import { vi } from "vitest";

const nothing = () => undefined;
const element = () => ({ style: {}, dataset: {}, append: nothing, hidden: false });

vi.stubGlobal("navigator", { languages: ["en-GB"] });
vi.stubGlobal("location", { hash: "", href: "http://venue/", protocol: "http:" });
vi.stubGlobal("document", { ...element(), documentElement: element(), createElement: element, addEventListener: nothing });
vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: nothing }));
vi.stubGlobal("addEventListener", nothing);
vi.stubGlobal("window", globalThis);
vi.stubGlobal("requestAnimationFrame", (act: () => void) => setTimeout(act, 0));
