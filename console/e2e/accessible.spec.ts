import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Api } from "./api";
import { expect, open, routes, signIn, test } from "./world";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Of all rules only the contrast depends on the theme. */
async function audit(page: Page, name: string, theme: "light" | "dark"): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (theme === "light" ? axe.withTags(RULES) : axe.withRules(["color-contrast"])).analyze();
  return violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map((node) => node.target.join(" ")).join(" | ")}`);
}

for (const theme of ["light", "dark"] as const) {
  test(`every page is accessible, ${theme}`, async ({ page, world, complaints }) => {
    complaints.expects(/404|invitations/);
    await page.addInitScript((chosen) => localStorage.setItem("dbx.theme", chosen), theme);
    const found: string[] = [];
    for (const { name, path } of routes(world)) {
      await open(page, path);
      found.push(...(await audit(page, name, theme)));
    }
    expect(found).toEqual([]);
  });

  test(`every dialog is accessible, ${theme}`, async ({ page, world }) => {
    await page.addInitScript((chosen) => localStorage.setItem("dbx.theme", chosen), theme);
    const instance = `/instances/${world.instanceId}`;
    const found: string[] = [];
    const dialogs: Array<[string, () => Promise<void>]> = [
      [`/orgs/${world.orgId}`, () => page.getByRole("button", { name: "New project" }).click()],
      [`/orgs/${world.orgId}`, () => page.keyboard.press("Control+k")],
      [`/orgs/${world.orgId}`, () => page.keyboard.press("?")],
      [`/orgs/${world.orgId}/members`, () => page.getByRole("button", { name: "Invite" }).click()],
      [`/orgs/${world.orgId}/usage`, () => page.getByRole("button", { name: "Change" }).click()],
      [`${instance}/settings`, () => page.getByRole("button", { name: "Delete database" }).click()],
      [`${instance}/settings`, () => page.getByRole("button", { name: "Rotate password" }).click()],
      [`${instance}/activity`, () => page.locator("main ol button").first().click()],
      ["/account/api-keys", () => page.getByRole("button", { name: "New key" }).click()],
      ["/account/privacy", () => page.getByRole("button", { name: "Delete account" }).click()],
      [`/orgs/${world.orgId}/audit`, () => page.getByRole("main").getByRole("table").getByRole("button").first().click()],
      [`/orgs/${world.orgId}/audit`, () => page.getByRole("button", { name: "Verify" }).click()],
      [
        `/orgs/${world.orgId}/webhooks`,
        async () => {
          await page.getByRole("button", { name: "New webhook" }).click();
          await page.getByRole("radio", { name: "Chosen kinds" }).check();
        },
      ],
      [`/orgs/${world.orgId}/webhooks`, () => page.getByRole("button", { name: /^Deliveries to/ }).first().click()],
      [`/orgs/${world.orgId}/webhooks`, () => page.getByRole("button", { name: /^Edit/ }).first().click()],
    ];
    for (const [path, show] of dialogs) {
      await open(page, path);
      await show();
      await expect(page.locator("dialog[open]")).toBeVisible();
      await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== "running" || animation.effect?.getComputedTiming().iterations === Infinity));
      found.push(...(await audit(page, `${path} dialog`, theme)));
    }
    await open(page, `/orgs/${world.orgId}`);
    await page.getByRole("button", { name: /Ada/ }).last().click();
    await expect(page.getByRole("menu", { name: "Account" })).toBeVisible();
    found.push(...(await audit(page, "account menu", theme)));
    await open(page, `${instance}?at=${(await world.owner.events(world.instanceId))[5]?.position}`);
    found.push(...(await audit(page, "the past", theme)));
    expect(found).toEqual([]);
  });

  test(`empty pages are accessible, ${theme}`, async ({ browser, complaints, contextOptions }) => {
    const newcomer = await Api.register("Emmy");
    const orgId = await newcomer.org();
    const projectId = await newcomer.project(orgId, "empty");
    const context = await browser.newContext({ ...contextOptions, colorScheme: theme });
    await signIn(context, newcomer.email);
    const page = await context.newPage();
    complaints.listen(page);
    const found: string[] = [];
    for (const path of [`/orgs/${orgId}`, `/orgs/${orgId}/members`, `/orgs/${orgId}/usage`, `/orgs/${orgId}/webhooks`, `/projects/${projectId}`, "/account/api-keys"]) {
      await open(page, path);
      found.push(...(await audit(page, path, theme)));
    }
    await context.close();
    expect(found).toEqual([]);
  });

  test(`errors are accessible, ${theme}`, async ({ page, world, complaints }) => {
    complaints.expects(/503/);
    await page.addInitScript((chosen) => localStorage.setItem("dbx.theme", chosen), theme);
    await page.route(/\/v1\/(orgs|instances|projects)\/[^/]+\/\w+/, (route) => route.fulfill({ status: 503, body: "" }));
    const found: string[] = [];
    for (const path of [`/orgs/${world.orgId}/members`, `/projects/${world.projectId}`, `/instances/${world.instanceId}/connect`]) {
      await open(page, path);
      await expect(page.getByRole("alert").first()).toBeVisible();
      found.push(...(await audit(page, `${path} failed`, theme)));
    }
    expect(found).toEqual([]);
  });

  test(`visitors' pages are accessible, ${theme}`, async ({ browser, complaints }) => {
    const context = await browser.newContext({ colorScheme: theme });
    const page = await context.newPage();
    complaints.listen(page);
    const found: string[] = [];
    for (const path of ["/", "/login", "/signup", "/invitations#inv_unknown"]) {
      await page.goto(path);
      await page.locator("h1").waitFor();
      found.push(...(await audit(page, path, theme)));
    }
    await context.close();
    expect(found).toEqual([]);
  });
}
