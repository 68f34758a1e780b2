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
    rollupOptions: {
      input: { index: "index.html", upload: "src/admin/upload.ts" },
      output: {
        // The admin's templates name its files, so these have no hash.
        entryFileNames: ({ name }) => (name === "upload" ? "admin/[name].js" : "assets/[name]-[hash].js"),
        assetFileNames: ({ names }) =>
          names.includes("upload.css") ? "admin/[name][extname]" : "assets/[name]-[hash][extname]",
      },
    },
    // hls.js with alternate audio is one piece of this size; only a video loads it.
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "/api": backend, "/auth": backend } },
  test: { include: ["tests/**/*.test.ts"] },
}));
