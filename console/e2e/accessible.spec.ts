import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Api } from "./api";
import { cluster, heldAtStart, NO_DESTROY, NO_START } from "./cluster";
import { expect, open, routes, signIn, test } from "./world";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function audit(page: Page, name: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map((node) => node.target.join(" ")).join(" | ")}`);
}

for (const theme of ["light", "dark"] as const) {
  test(`every page is accessible, ${theme}`, async ({ page, world, complaints }) => {
    complaints.expects(/404|invitations/);
    await page.addInitScript((chosen) => localStorage.setItem("dbx.theme", chosen), theme);
    const found: string[] = [];
    for (const { name, path } of routes(world)) {
      await open(page, path);
      found.push(...(await audit(page, name)));
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
      [`/projects/${world.projectId}/usage`, () => page.getByRole("button", { name: "Change" }).click()],
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
      found.push(...(await audit(page, `${path} dialog`)));
    }
    await open(page, `/orgs/${world.orgId}`);
    await page.getByRole("button", { name: /Ada/ }).last().click();
    await expect(page.getByRole("menu", { name: "Account" })).toBeVisible();
    found.push(...(await audit(page, "account menu")));
    await open(page, `${instance}?at=${(await world.owner.events(world.instanceId))[5]?.position}`);
    found.push(...(await audit(page, "the past")));
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
      found.push(...(await audit(page, path)));
    }
    await context.close();
    expect(found).toEqual([]);
  });

  test(`every state of a database is accessible, ${theme}`, async ({ page, world }) => {
    await page.addInitScript((chosen) => localStorage.setItem("dbx.theme", chosen), theme);
    const { owner, projectId } = world;
    const found: string[] = [];
    const look = async (name: string, path: string, shows: string | RegExp) => {
      await open(page, path);
      await expect(page.getByRole("main").getByText(shows).first()).toBeVisible();
      found.push(...(await audit(page, name)));
    };
    await cluster.fail([NO_START]);
    try {
      const { canceled, stuck } = await heldAtStart(owner, projectId, theme);
      await look("creating", `/instances/${stuck.instanceId}`, "Creating the database");
      await owner.post(`/v1/jobs/${canceled.id}:cancel`);
      await owner.comesTo(canceled.id, "canceled");
      await look("canceled", `/instances/${canceled.instanceId}`, "Canceled");
      await page.getByRole("button", { name: "Delete database" }).click();
      await expect(page.locator("dialog[open]")).toBeVisible();
      found.push(...(await audit(page, "delete of what was canceled")));
      await cluster.fail([NO_DESTROY]);
      await owner.post(`/v1/jobs/${stuck.id}:cancel`);
      await owner.comesTo(stuck.id, "needs_operator");
      await look("needs somebody", `/instances/${stuck.instanceId}`, "What you can do");
      await look("the list of all", `/projects/${projectId}`, "Needs attention");
      await cluster.heal();
      await owner.deleted(canceled.instanceId);
      await look("deleted", `/instances/${canceled.instanceId}`, "This database is deleted");
      await owner.post(`/v1/jobs/${stuck.id}:retry`);
      await owner.comesTo(stuck.id, "canceled");
      await owner.deleted(stuck.instanceId);
    } finally {
      await cluster.heal();
    }
    expect(found).toEqual([]);
  });

  test(`a revealed password and pages that load are accessible, ${theme}`, async ({ page, world }) => {
    await page.addInitScript((chosen) => localStorage.setItem("dbx.theme", chosen), theme);
    const found: string[] = [];
    await open(page, `/instances/${world.instanceId}/connect`);
    await page.getByRole("button", { name: "Reveal password" }).click();
    await expect(page.getByRole("button", { name: "Hide password" })).toBeVisible();
    found.push(...(await audit(page, "revealed")));
    // Nothing below an org, a project or a database is ever answered.
    await page.route(/\/v1\/(orgs|instances|projects)\/[^/]+\/(?!activity\/stream)\w+/, () => {});
    for (const path of [`/orgs/${world.orgId}`, `/orgs/${world.orgId}/members`, `/orgs/${world.orgId}/usage`, `/orgs/${world.orgId}/audit`, `/projects/${world.projectId}`, `/projects/${world.projectId}/usage`, `/projects/${world.projectId}/new`, `/instances/${world.instanceId}`, `/instances/${world.instanceId}/connect`]) {
      await page.goto(path);
      await page.locator('main [data-slot="skeleton"]').first().waitFor();
      found.push(...(await audit(page, `${path} loading`)));
    }
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
      found.push(...(await audit(page, `${path} failed`)));
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
      found.push(...(await audit(page, path)));
    }
    await context.close();
    expect(found).toEqual([]);
  });
}
