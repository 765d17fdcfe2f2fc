import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig } from "vite";

const OUT = "../src/emporion/gateway/page"; // Git does not see it; the wheel carries it.
const BUNDLED = ["preact", "@preact/signals", "@preact/signals-core", "lightweight-charts", "fancy-canvas"];

export default defineConfig({
  base: "/",
  build: {
    outDir: OUT,
    emptyOutDir: true,
    assetsInlineLimit: 0, // The content security policy allows no data: addresses.
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: false,
    chunkSizeWarningLimit: 400,
    rolldownOptions: { output: { hashCharacters: "hex" }, checks: { bundlerTimings: false, pluginTimings: false } },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [licenses(), twins()],
  // A venue that runs already, for work on the page: EMPORION=http://127.0.0.1:8000 npx vite
  server: { proxy: { "/v1": { target: process.env.EMPORION ?? "http://127.0.0.1:8000", ws: true } } },
  test: { include: ["test/**/*.test.ts"], setupFiles: ["test/setup.ts"] },
});

/** The licences of what is bundled, as they ask, in one text beside the page. */
function licenses() {
  return {
    name: "licenses",
    apply: "build",
    generateBundle() {
      const parts = BUNDLED.map((name) => {
        const folder = join("node_modules", name);
        const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file)).map((file) => readFileSync(join(folder, file), "utf8").trim());
        return `${name} ${version}\n\n${texts.join("\n\n")}\n`;
      });
      this.emitFile({ type: "asset", fileName: "licenses.txt", source: `${NOTICE}\n${parts.join(`\n${"-".repeat(80)}\n\n`)}` });
    },
  };
}

const NOTICE = `What this page is built with, and under which terms.

TradingView Lightweight Charts(TM). Copyright (c) 2025 TradingView, Inc. https://www.tradingview.com/
`;

/** Each text once more compressed, so that the server never does it: .br and .gz. */
function twins() {
  return {
    name: "twins",
    apply: "build",
    closeBundle() {
      for (const file of readdirSync(OUT, { recursive: true }).filter((name) => /\.(html|js|css|svg|txt)$/.test(name))) {
        const path = join(OUT, file);
        const body = readFileSync(path);
        if (body.length < 1024) continue;
        writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      }
    },
  };
}
