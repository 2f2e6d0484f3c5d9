import { expect, open, test } from "./world";

test("create, watch, list: without loading a page again", async ({ page, context, world, complaints }) => {
  const list = await context.newPage();
  complaints.listen(list);
  await open(list, `/projects/${world.projectId}`);
  await open(page, `/projects/${world.projectId}`);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  let loads = 0;
  page.on("load", () => {
    loads += 1;
  });
  list.on("load", () => {
    loads += 1;
  });

  await page.getByRole("link", { name: "New database" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("watched");
  await page.getByRole("radio", { name: /nano/ }).check({ force: true });
  await expect(page.getByText("+ 1", { exact: false }).first()).toBeVisible();
  await page.getByRole("button", { name: "Create database" }).click();

  await expect(page.getByRole("heading", { name: "watched" })).toBeVisible();
  await expect(page.locator('[data-step="await_postgres"]')).toBeVisible();
  await expect(list.getByRole("link", { name: "watched" })).toBeVisible();
  await expect(page.locator('header [data-state="running"]')).toBeVisible();
  await expect(page.locator('[data-step][data-status="completed"]')).toHaveCount(8);
  await expect(list.getByRole("row", { name: /watched/ }).getByText("Running")).toBeVisible();
  expect(loads).toBe(0);
});

test("stopping and starting follow their events", async ({ page, world }) => {
  await open(page, `/instances/${world.instanceId}`);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator('header [data-state="stopped"]')).toBeVisible();
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.locator('header [data-state="running"]')).toBeVisible();
});

test("a rotated password is another one", async ({ page, world }) => {
  const password = async () => {
    await page.getByRole("button", { name: "Reveal password" }).click();
    const shown = page.locator("dt", { hasText: "Password" }).locator("xpath=following-sibling::dd").locator("code");
    await expect(shown).not.toHaveText(/•/);
    return shown.textContent();
  };
  await open(page, `/instances/${world.instanceId}/connect`);
  const before = await password();
  await page.getByRole("link", { name: "Settings", exact: true }).last().click();
  await page.getByRole("button", { name: "Rotate password" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate password" }).click();
  await expect(page.locator('[data-step="retire"][data-status="completed"]')).toBeVisible();
  await page.getByRole("navigation", { name: "Database" }).getByRole("link", { name: "Connect" }).click();
  expect(await password()).not.toBe(before);
});
