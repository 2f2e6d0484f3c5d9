import { expect, open, routes, test } from "./world";

test.use({ viewport: { width: 320, height: 640 } });

test("no page scrolls sideways at 320 px", async ({ page, world, complaints }) => {
  complaints.expects(/404/);
  const wide: string[] = [];
  for (const { name, path } of routes(world)) {
    await open(page, path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) wide.push(`${name}: ${over} px`);
  }
  expect(wide).toEqual([]);
});

test("navigation is in a sheet that closes behind a choice", async ({ page, world }) => {
  await open(page, `/orgs/${world.orgId}`);
  await page.getByRole("button", { name: "Open navigation" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Members" }).click();
  await expect(page.getByRole("heading", { name: "Members", exact: true })).toBeVisible();
  await expect(page.locator("dialog[open]")).toHaveCount(0);
});
