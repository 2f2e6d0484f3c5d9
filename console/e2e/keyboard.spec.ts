import type { Page } from "@playwright/test";
import { PASSWORD } from "./api";
import { expect, test } from "./world";

/** Presses Tab until the control that `name` names has the focus; what a person without a mouse does. */
async function reach(page: Page, role: "button" | "link" | "textbox" | "radio", name: string | RegExp): Promise<void> {
  const target = page.getByRole(role, { name }).first();
  await target.waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${role} ${name}`);
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.tagName);

test("sign in, create, copy, stop, delete: with the keyboard alone", async ({ browser, world, complaints, contextOptions }) => {
  const context = await browser.newContext(contextOptions);
  const page = await context.newPage();
  complaints.listen(page);
  const type = (text: string) => page.keyboard.type(text);
  const press = (key: string) => page.keyboard.press(key, { delay: 40 });

  await page.goto("/login");
  await reach(page, "textbox", "Email");
  await type(world.owner.email);
  await press("Tab");
  await type(PASSWORD);
  await press("Enter");
  await expect(page.getByRole("heading", { name: "Projects", level: 1 })).toBeFocused();

  await press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await type("shop");
  await expect(page.getByRole("option", { name: /^shop/ })).toHaveAttribute("aria-selected", "true");
  await press("Enter");
  await expect(page.getByRole("heading", { name: "shop", level: 1 })).toBeFocused();
  await press("n");
  await expect(page.getByRole("heading", { name: "New database" })).toBeFocused();
  await reach(page, "textbox", "Name");
  await press("Control+a");
  await type("keys");
  await press("Enter");
  await expect(page.getByRole("heading", { name: "keys" })).toBeFocused();
  await expect(page.locator('header [data-state="running"]')).toBeVisible();

  await press("c");
  await reach(page, "button", "Copy psql");
  await press("Enter");
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^PGPASSWORD='.{20,}' psql/);
  expect(await focused(page)).toBe("BUTTON");

  await reach(page, "button", "Stop");
  await press("Enter");
  await expect(page.locator('header [data-state="stopped"]')).toBeVisible();
  await reach(page, "link", "Settings");
  await page.getByRole("navigation", { name: "Database" }).getByRole("link", { name: "Settings" }).focus();
  await press("Enter");
  await reach(page, "button", "Delete database");
  await press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await press("Escape");
  await expect(page.getByRole("button", { name: "Delete database" })).toBeFocused();
  await press("Enter");
  await reach(page, "textbox", /to confirm/);
  await type("keys");
  await press("Enter");
  await expect(page.getByText("This database is deleted")).toBeVisible();
  expect(await focused(page)).not.toBe("BODY");
  await context.close();
});

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
