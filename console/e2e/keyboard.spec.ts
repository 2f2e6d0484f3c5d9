import { expect, test } from "./world";

test("menus open, move and close by keys, and give the focus back", async ({ page, world }) => {
  await page.goto(`/orgs/${world.orgId}`);
  const opener = page.getByRole("button", { name: /Ada/ }).last();
  await opener.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Account" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem", { name: "API keys" })).toBeFocused();
  await page.keyboard.press("End");
  await expect(page.getByRole("menuitem", { name: "Sign out" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menu", { name: "Account" })).toBeHidden();
  await expect(opener).toBeFocused();
});
