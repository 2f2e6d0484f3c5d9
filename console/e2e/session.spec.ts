import type { Request } from "@playwright/test";
import { expect, open, routes, signIn, test } from "./world";

/** A request for who is in an org. */
const reading = (request: Request) => new URL(request.url()).pathname.endsWith("/members") && request.url().includes("/v1/");

/** Something that others wait for. */
function latch() {
  const waiting = new EventTarget();
  return {
    opened: new Promise((resolve) => waiting.addEventListener("open", resolve)),
    open: () => waiting.dispatchEvent(new Event("open")),
  };
}

test("the session's cookie is out of reach of scripts and of other sites", async ({ page, context, world }) => {
  await open(page, `/orgs/${world.orgId}`);
  const cookie = (await context.cookies()).find((one) => one.name === "__Host-dbx_session");
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: "Lax", path: "/" });
  expect(await page.evaluate(() => document.cookie)).toBe("");
});

test("another site cannot act with the session", async ({ context, world }) => {
  const make = (origin: string) => context.request.post(`/v1/orgs/${world.orgId}/projects`, { data: { name: "forged" }, headers: { origin, "sec-fetch-site": "cross-site" } });
  expect((await make("https://elsewhere.example")).status()).toBe(403);
  const { data } = await world.owner.get<{ data: Array<{ name: string }> }>(`/v1/orgs/${world.orgId}/projects`);
  expect(data.map(({ name }) => name)).not.toContain("forged");
});

test("a session that ends leads to signing in, and back", async ({ page, context, world, complaints }) => {
  complaints.expects(/401/);
  const path = `/instances/${world.instanceId}/metrics`;
  await open(page, path);
  await context.clearCookies();
  await page.getByRole("link", { name: "Members" }).click();
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("Email").fill(world.owner.email);
  await page.getByLabel("Password").fill("violet tractor under nine moons");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Members", exact: true })).toBeVisible();
});

test("signing out ends it", async ({ browser, world, complaints, contextOptions }) => {
  const context = await browser.newContext(contextOptions);
  await context.request.post("/v1/auth/login", { data: { email: world.owner.email, password: "violet tractor under nine moons", delivery: "cookie" } });
  const page = await context.newPage();
  complaints.listen(page);
  await page.goto("/login");
  await page.evaluate(() => localStorage.setItem("dbx.session", "1"));
  await open(page, `/orgs/${world.orgId}`);
  await page.getByRole("button", { name: /Ada/ }).last().click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: /Postgres in seconds/ })).toBeVisible();
  expect((await context.cookies()).filter((one) => one.name === "__Host-dbx_session")).toEqual([]);
  await page.goto("/account");
  await expect(page).toHaveURL(/\/login/);
  await context.close();
});

test("what is being read when somebody signs out is given up", async ({ browser, world, complaints, contextOptions }) => {
  const context = await browser.newContext(contextOptions);
  await signIn(context, world.owner.email);
  const page = await context.newPage();
  complaints.listen(page);
  await open(page, `/orgs/${world.orgId}`);
  const ended = latch();
  await page.route(/\/v1\/orgs\/[^/]+\/members/, async (route) => {
    await ended.opened;
    // Nobody may wait for it any more.
    await route.continue().catch(() => {});
  });
  // The reading reaches the server after the session's end, and before the page has gone.
  await page.route("**/v1/auth/logout", async (route) => {
    const answer = await route.fetch();
    ended.open();
    await settled;
    await route.fulfill({ response: answer });
  });
  const begun = page.waitForRequest(reading);
  const settled = Promise.race([page.waitForEvent("requestfailed", reading), page.waitForEvent("requestfinished", reading)]);
  await page.getByRole("link", { name: "Members", exact: true }).click();
  await begun;
  await page.getByRole("button", { name: /Ada/ }).last().click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: /Postgres in seconds/ })).toBeVisible();
  await context.close();
});

test("a viewer sees what is not theirs to do, and why", async ({ browser, world, complaints, contextOptions }) => {
  const viewer = await world.owner.viewerOf(world.orgId, "Vera");
  const context = await browser.newContext(contextOptions);
  await signIn(context, viewer.email);
  const page = await context.newPage();
  complaints.listen(page);
  await open(page, `/instances/${world.instanceId}/settings`);
  for (const name of ["Stop", "Reboot", "Rotate password", "Delete database"]) {
    await expect(page.getByRole("button", { name }).first()).toHaveAttribute("aria-disabled", "true");
  }
  await page.getByRole("button", { name: "Delete database" }).hover();
  await expect(page.getByText("This needs an admin of the org; you are a viewer.").last()).toBeVisible();
  await open(page, `/instances/${world.instanceId}/connect`);
  await expect(page.getByRole("button", { name: "Reveal password" })).toHaveAttribute("aria-disabled", "true");
  await expect(page.getByRole("button", { name: "Copy password" })).toHaveCount(0);
  await context.close();
});

test("a viewer's pages ask for nothing that is refused, and whoever is removed is told so", async ({ browser, world, complaints, contextOptions }) => {
  // Addresses that lead nowhere are among the pages.
  complaints.expects(/status of 404/);
  const { owner, orgId } = world;
  const viewer = await owner.viewerOf(orgId, "Rita");
  const context = await browser.newContext(contextOptions);
  await signIn(context, viewer.email);
  const page = await context.newPage();
  complaints.listen(page);
  for (const { path } of routes(world)) await open(page, path);
  await open(page, `/orgs/${orgId}`);
  await expect(page.locator('[data-live="live"]')).toBeVisible();

  // What was being read when the place in the org ended is refused.
  complaints.expects(/status of 40\d/);
  const { id } = await viewer.get<{ id: string }>("/v1/users/me");
  await owner.delete(`/v1/orgs/${orgId}/members/${id}`);
  await expect(page.getByRole("heading", { name: "You are no longer in this org" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Org" }).getByRole("link")).toHaveCount(0);
  await expect(page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("listitem")).toHaveCount(0);
  await page.getByRole("button", { name: "Go to your orgs" }).click();
  await expect(page.getByRole("heading", { name: "Projects" })).toBeVisible();
  await context.close();
});

test("an invitation is accepted by its link", async ({ browser, page, world, complaints, contextOptions }) => {
  const email = `ivo-${Date.now()}@example.com`;
  await open(page, `/orgs/${world.orgId}/members`);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Create invitation" }).click();
  const link = (await page.getByLabel("Invitation link", { exact: true }).textContent()) ?? "";
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText(email)).toBeVisible();

  const context = await browser.newContext(contextOptions);
  const other = await context.newPage();
  complaints.listen(other);
  await other.goto(link);
  await other.getByRole("link", { name: "Create an account" }).click();
  await other.getByLabel("Name").fill("Ivo");
  await other.getByLabel("Email").fill(email);
  await other.getByLabel("Password").fill("violet tractor under nine moons");
  await other.getByRole("button", { name: "Create account" }).click();
  await other.getByRole("button", { name: "Accept the invitation" }).click();
  await expect(other.getByRole("heading", { name: "Projects" })).toBeVisible();
  await expect(other.getByRole("link", { name: "shop" }).first()).toBeVisible();
  await context.close();
});
