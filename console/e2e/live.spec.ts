import type { Page } from "@playwright/test";
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
