import { expect, open, test } from "./world";

test.use({ viewport: { width: 320, height: 640 } });

test("navigation is in a sheet that closes behind a choice", async ({ page, world }) => {
  await open(page, `/orgs/${world.orgId}`);
  await page.getByRole("button", { name: "Open navigation" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Members" }).click();
  await expect(page.getByRole("heading", { name: "Members", exact: true })).toBeVisible();
  await expect(page.locator("dialog[open]")).toHaveCount(0);
});
