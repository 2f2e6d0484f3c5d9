import { expect, open, routes, test } from "./world";

/** The browser's own measure; from 0.1 on it counts as disturbing. */
const LIMIT = 0.02;

test("nothing moves while data loads", async ({ page, world, complaints }) => {
  complaints.expects(/404/);
  await page.addInitScript(() => {
    Object.assign(window, { moved: [] });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) (window as unknown as { moved: number[] }).moved.push((entry as unknown as { value: number }).value);
    }).observe({ type: "layout-shift", buffered: true });
  });
  const restless: string[] = [];
  for (const { name, path } of routes(world)) {
    await open(page, path);
    const moved = await page.evaluate(() => (window as unknown as { moved: number[] }).moved.reduce((sum, value) => sum + value, 0));
    if (moved > LIMIT) restless.push(`${name}: ${moved.toFixed(3)}`);
  }
  expect(restless).toEqual([]);
});

test("charts are loaded by the page that shows them, and by no other", async ({ page, world }) => {
  const scripts: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script") scripts.push(new URL(request.url()).pathname);
  });
  await open(page, `/instances/${world.instanceId}`);
  expect(scripts.filter((path) => path.includes("/metrics-"))).toEqual([]);
  await page.getByRole("link", { name: "Metrics" }).click();
  await expect(page.getByRole("radio", { name: "1 hour" })).toBeAttached();
  expect(scripts.filter((path) => path.includes("/metrics-"))).toHaveLength(1);
});
