import { defineConfig } from "vite";

// Relative: a proxy may serve the console below a prefix.
export default defineConfig({
  base: "./",
  resolve: { alias: { "mixminus-client": new URL("client/src/index.ts", import.meta.url).pathname } },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    outDir: "../src/console/built",
    emptyOutDir: true,
    target: "es2022",
    // The policy of the page allows no data: in scripts and styles, and needs no inlined preload helper.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
