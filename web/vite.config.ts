import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const backend = process.env["BACKEND"] ?? "http://localhost:8000";

export default defineConfig(({ command }) => ({
  plugins: [svelte()],
  // Django serves the built page at its own addresses, and its files from here.
  base: command === "build" ? "/static/web/" : "/",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // hls.js with alternate audio is one piece of this size; only a video loads it.
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "/api": backend, "/auth": backend } },
  test: { include: ["tests/**/*.test.ts"] },
}));
