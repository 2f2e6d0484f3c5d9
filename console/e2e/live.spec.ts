import type { Page } from "@playwright/test";
import { demo } from "./demo";
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

test("the server is restarted: missed events follow once it is back, each once and in order", async ({ page, world, complaints }) => {
  test.skip(process.env.DBX_CONSOLE_TEST_URL !== undefined, "restarts the demo that these tests started");
  // Whatever a browser says of a server that goes away and comes back.
  complaints.expects(/net::ERR_|status of 50\d/);
  await open(page, `/orgs/${world.orgId}/activity`);
  await expect(live(page)).toBeVisible();
  await demo.stop();
  try {
    await expect(page.locator('[data-live="reconnecting"]')).toBeVisible();
  } finally {
    // Whatever is seen: the tests that follow need a server.
    await demo.start({ fresh: false });
  }
  for (const name of ["missed-one", "missed-two", "missed-three", "orders"]) await world.owner.patch(`/v1/instances/${world.instanceId}`, { name });
  await expect(live(page)).toBeVisible();
  // Whatever else the platform says of the restart stands between them.
  const renamed = async () => {
    const sentences = await page.locator("main ol > li p:first-child").allTextContents();
    return sentences.flatMap((sentence) => / renamed .* to (\S+)$/.exec(sentence)?.[1] ?? []).slice(0, 4);
  };
  await expect.poll(renamed).toEqual(["orders", "missed-three", "missed-two", "missed-one"]);
});
