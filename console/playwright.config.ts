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
  // Nothing here measures speed: these only end what hangs. A machine ten times slower than a developer's passes too.
  timeout: 300_000,
  expect: { timeout: 90_000 },
  forbidOnly: true,
  // One that fails and then passes is named flaky at the end: a defect to look into, which hides nothing else.
  retries: 1,
  reporter: [["list"]],
  use: {
    baseURL: BASE,
    viewport: { width: 1280, height: 860 },
    locale: "en-US",
    timezoneId: "UTC",
    // What is looked at stands still; that a person's choice about this is kept is a test by itself.
    contextOptions: { reducedMotion: "reduce" },
    permissions: ["clipboard-read", "clipboard-write"],
    trace: "retain-on-failure",
    launchOptions: executablePath === "playwright" ? {} : { executablePath },
  },
});
