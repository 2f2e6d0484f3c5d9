/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type ProxyOptions } from "vite";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The server that `npm run dev` develops against; `make demo` starts one. */
const server = process.env.DBX_API_URL ?? "http://127.0.0.1:8080";

/** When the server's end of a stream dies, close the browser's end as well: it would wait for ever. */
const proxy: ProxyOptions = {
  target: server,
  configure: (events) => {
    events.on("proxyRes", (upstream, _request, response) => {
      upstream.on("close", () => {
        if (!response.writableEnded) response.destroy();
      });
    });
  },
};

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": path("./src") } },
  server: { proxy: { "/v1": proxy, "/docs": proxy } },
  build: {
    outDir: "dist/site",
    emptyOutDir: true,
    manifest: true,
    // Everything is a file: the content security policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { index: path("./index.html"), landing: path("./landing.html") } },
  },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://console.test/" } },
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
    testTimeout: 120_000,
  },
});
