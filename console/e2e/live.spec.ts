import type { Page } from "@playwright/test";
import { cluster, NO_START } from "./cluster";
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

test("the server is killed while a create runs: it goes on, and the page with it", async ({ page, world, complaints }) => {
  test.skip(process.env.DBX_CONSOLE_TEST_URL !== undefined, "kills the demo that these tests started");
  complaints.expects(/net::ERR_|status of 50\d/);
  const { owner, projectId } = world;
  await open(page, `/projects/${projectId}/new`);
  let loads = 0;
  page.on("load", () => {
    loads += 1;
  });
  // The create cannot be over before the server is.
  await cluster.fail([NO_START]);
  try {
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("survivor");
    await page.getByRole("button", { name: "Create database" }).click();
    await expect(page.locator('[data-step="start"][data-status="retrying"]')).toBeVisible();
    await demo.kill();
    try {
      await expect(page.locator('[data-live="reconnecting"]')).toBeVisible();
    } finally {
      await demo.start({ fresh: false });
    }
  } finally {
    await cluster.heal();
  }
  await expect(page.locator('header [data-state="running"]')).toBeVisible();
  await expect(page.locator('[data-step][data-status="completed"]')).toHaveCount(8);
  await expect(live(page)).toBeVisible();

  // Every event of its history is on the page, once.
  await page.getByRole("navigation", { name: "Database" }).getByRole("link", { name: "Activity" }).click();
  await page.getByRole("switch", { name: "Single steps" }).check();
  const id = /instances\/(\w+)/.exec(page.url())?.[1] ?? "";
  const shown = () => page.locator("main ol > li time").evaluateAll((times) => times.map((time) => time.getAttribute("datetime")));
  // Its health may be seen in between, which is an event too.
  await expect(async () => expect((await shown()).toReversed()).toEqual((await owner.events(id)).map(({ time }) => time))).toPass();
  expect(loads).toBe(0);
  await owner.deleted(id);
});
