import { defineConfig } from "@playwright/test";
import { BASE } from "./e2e/demo";

/** Debian's browser; elsewhere the one that `npx playwright install chromium` fetched. */
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/setup.ts",
  // One demo, one account: tests take turns.
  workers: 1,
  timeout: 40_000,
  expect: { timeout: 8_000 },
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: BASE,
    viewport: { width: 1280, height: 860 },
    locale: "en-US",
    timezoneId: "UTC",
    permissions: ["clipboard-read", "clipboard-write"],
    trace: "retain-on-failure",
    launchOptions: executablePath === "playwright" ? {} : { executablePath },
  },
});
