import type { Page } from "@playwright/test";
import type { components } from "../src/api/schema.gen";
import { expect, open, test } from "./world";

const isStream = (url: string) => url.includes("/activity/stream");
const live = (page: Page) => page.locator('[data-live="live"]');

test("ten tabs follow over one stream, also after the first one is closed", async ({ context, page, world, complaints }) => {
  let streams = 0;
  context.on("request", (request) => {
    if (isStream(request.url())) streams += 1;
  });
  await open(page, `/projects/${world.projectId}`);
  await expect(live(page)).toBeVisible();
  const tabs: Page[] = [];
  for (let index = 0; index < 9; index += 1) {
    const tab = await context.newPage();
    complaints.listen(tab);
    await open(tab, `/projects/${world.projectId}`);
    tabs.push(tab);
  }
  for (const tab of tabs) await expect(live(tab)).toBeVisible();
  expect(streams).toBe(1);

  await page.close();
  const id = world.instanceId;
  await world.owner.patch(`/v1/instances/${id}`, { name: "renamed" });
  for (const tab of tabs) await expect(tab.getByRole("link", { name: "renamed" })).toBeVisible();
  expect(streams).toBe(2);
  await world.owner.patch(`/v1/instances/${id}`, { name: "orders" });
  for (const tab of tabs) await expect(tab.getByRole("link", { name: "orders" })).toBeVisible();
});

test("a stream that breaks is taken up again, and every missed event is there once and in order", async ({ page, world, complaints }) => {
  complaints.expects(/activity\/stream/);
  await open(page, `/orgs/${world.orgId}/activity`);
  await expect(live(page)).toBeVisible();
  // Cuts the connection and lets no new one through.
  await page.route((url) => isStream(url.href), (route) => route.abort());
  await page.evaluate(() => dispatchEvent(new Event("offline")));
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await expect(page.locator('[data-live="reconnecting"]')).toBeVisible({ timeout: 45_000 });
  for (const name of ["one", "two", "three"]) await world.owner.patch(`/v1/instances/${world.instanceId}`, { name: `missed-${name}` });
  await world.owner.patch(`/v1/instances/${world.instanceId}`, { name: "orders" });
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await page.unroute((url) => isStream(url.href));
  await page.unrouteAll();
  await expect(live(page)).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText("missed-three").first()).toBeVisible();
  const { data } = await world.owner.get<components["schemas"]["Page_ActivityItem"]>(`/v1/orgs/${world.orgId}/activity?page%5Bsize%5D=4`);
  const shown = await page.locator("main ol > li p:first-child").allTextContents();
  expect(shown.slice(0, 4)).toEqual(data.map((item) => item.sentence));
});
