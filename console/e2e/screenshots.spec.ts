import { cluster, heldAtStart, NO_DESTROY, NO_START } from "./cluster";
import { expect, open, routes, test, type World } from "./world";

// For people to look at: `make e2e` writes every page in both themes into console/screenshots.
test.skip(process.env.SCREENSHOTS === undefined, "only on request");

for (const theme of ["light", "dark"] as const) {
  test(`every page, ${theme}`, async ({ page, browser, world, complaints }) => {
    complaints.expects(/404/);
    const shot = async (name: string, { fullPage } = { fullPage: true }) => {
      await page.screenshot({ path: `screenshots/${theme}/${name}.png`, fullPage, animations: "disabled" });
    };
    await page.addInitScript((chosen) => localStorage.setItem("dbx.theme", chosen), theme);
    for (const { name, path } of routes(world)) {
      await open(page, path);
      await shot(name);
    }
    const events = await world.owner.events(world.instanceId);
    await open(page, `/instances/${world.instanceId}?at=${events[Math.floor(events.length / 2)]?.position}`);
    await shot("past");
    const dialogs: Array<[name: string, path: string, button: string | RegExp]> = [
      ["webhook-new", `/orgs/${world.orgId}/webhooks`, "New webhook"],
      ["webhook-deliveries", `/orgs/${world.orgId}/webhooks`, /^Deliveries to/],
      ["audit-verify", `/orgs/${world.orgId}/audit`, "Verify"],
      ["account-delete", "/account/privacy", "Delete account"],
      ["database-delete", `/instances/${world.instanceId}/settings`, "Delete database"],
    ];
    for (const [name, path, button] of dialogs) {
      await open(page, path);
      await page.getByRole("button", { name: button }).first().click();
      await expect(page.locator("dialog[open]")).toBeVisible();
      await expect(page.locator('dialog[open] [data-slot="skeleton"]')).toHaveCount(0);
      await shot(name, { fullPage: false });
    }
    await open(page, `/projects/${world.projectId}/new`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill(`shown-${theme}`);
    await page.getByRole("button", { name: "Create database" }).click();
    await expect(page.locator('[data-step="start"][data-status="running"]')).toBeVisible();
    await shot("creating");
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("option").first()).toBeVisible();
    await shot("palette", { fullPage: false });
    await page.keyboard.press("Escape");
    await states(world, theme, async (name, path) => {
      await open(page, path);
      await shot(name);
    });
    await page.setViewportSize({ width: 320, height: 640 });
    for (const { name, path } of routes(world)) {
      await open(page, path);
      await shot(`narrow-${name}`);
    }
    await open(page, `/instances/${world.instanceId}?at=${events[1]?.position}`);
    await shot("narrow-past");
    const context = await browser.newContext({ colorScheme: theme });
    const visitor = await context.newPage();
    for (const [name, path] of [["landing", "/"], ["login", "/login"], ["signup", "/signup"]] as const) {
      await visitor.goto(path);
      await visitor.locator("h1").waitFor();
      await visitor.waitForLoadState("networkidle");
      await visitor.screenshot({ path: `screenshots/${theme}/${name}.png`, fullPage: true });
    }
    await context.close();
  });
}

/** States that do not last by themselves. */
async function states({ owner, orgId, projectId }: World, theme: string, look: (name: string, path: string) => Promise<void>): Promise<void> {
  await cluster.fail([NO_START]);
  try {
    const { canceled, stuck } = await heldAtStart(owner, projectId, theme);
    await look("retrying", `/instances/${stuck.instanceId}`);
    await owner.post(`/v1/jobs/${canceled.id}:cancel`);
    await owner.comesTo(canceled.id, "canceled");
    await cluster.fail([NO_DESTROY]);
    await owner.post(`/v1/jobs/${stuck.id}:cancel`);
    await owner.comesTo(stuck.id, "needs_operator");
    await look("canceled", `/instances/${canceled.instanceId}`);
    await look("stuck", `/instances/${stuck.instanceId}`);
    await look("instances-mixed", `/projects/${projectId}`);
    await cluster.heal();
    await owner.post(`/v1/jobs/${stuck.id}:retry`);
    await owner.comesTo(stuck.id, "canceled");
    await owner.deleted(stuck.instanceId);
    await owner.deleted(canceled.instanceId);
    await look("deleted", `/instances/${canceled.instanceId}`);
    await look("no-such-org", `/orgs/${orgId.slice(0, -4)}0000`);
  } finally {
    await cluster.heal();
  }
}
