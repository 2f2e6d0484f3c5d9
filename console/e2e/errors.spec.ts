import type { Instance } from "./api";
import { expect, open, test } from "./world";

test("a refused value is explained at its field", async ({ page, world, complaints }) => {
  complaints.expects(/409|422/);
  await open(page, `/orgs/${world.orgId}`);
  await page.getByRole("button", { name: "New project" }).first().click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("shop");
  await page.getByRole("button", { name: "Create project" }).click();
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText(/shop|taken|exists/i);
});

test("a failure says what the server said, with the request's id, and can be tried again", async ({ page, world, complaints }) => {
  complaints.expects(/503/);
  let broken = true;
  await page.route("**/v1/orgs/*/members*", (route) =>
    broken
      ? route.fulfill({
          status: 503,
          contentType: "application/problem+json",
          body: JSON.stringify({ type: "about:blank", title: "Away", status: 503, code: "unavailable", detail: "the database is away", instance: "/", requestId: "req-4711", errors: [], retryable: false }),
        })
      : route.fallback(),
  );
  await open(page, `/orgs/${world.orgId}/members`);
  const alert = page.getByRole("alert").filter({ hasText: "database is away" });
  await expect(alert).toContainText("req-4711");
  broken = false;
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText(world.owner.email).first()).toBeVisible();
});

test("an answer that is lost on its way is asked for again, and nothing is done twice", async ({ page, world, complaints }) => {
  complaints.expects(/net::ERR_/);
  let lost = 0;
  await page.route("**/v1/projects/*/instances", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.fallback();
    lost += 1;
    await route.fetch();
    await route.abort("connectionreset");
  });
  await open(page, `/projects/${world.projectId}/new`);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("lost");
  await page.getByRole("button", { name: "Create database" }).dblclick();
  await expect(page.getByRole("heading", { name: "lost", level: 1 })).toBeVisible();
  expect(lost).toBe(1);
});

test("a button that fails says so in place, with the request's id, until it is read or tried again", async ({ page, world, complaints }) => {
  complaints.expects(/503/);
  const problem = { type: "about:blank", title: "Away", status: 503, code: "unavailable", detail: "the cluster is away", instance: "/", requestId: "req-42", errors: [], retryable: true };
  let broken = true;
  await page.route("**/v1/instances/*:reboot", (route) => (broken ? route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) }) : route.fallback()));
  await open(page, `/instances/${world.instanceId}`);
  await page.getByRole("button", { name: "Reboot" }).click();
  const alert = page.getByRole("main").getByRole("alert").filter({ hasText: /the cluster is away/i });
  await expect(alert).toContainText("req-42");
  await alert.getByRole("button", { name: "Dismiss" }).click();
  await expect(alert).toHaveCount(0);
  await page.getByRole("button", { name: "Reboot" }).click();
  await expect(alert).toBeVisible();
  broken = false;
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(alert).toHaveCount(0);
  await expect(page.locator('[data-step][data-status="completed"]').last()).toBeVisible();
  await expect(page.locator('header [data-state="running"]')).toBeVisible();
});

test("what nobody knows of a press is taken back as soon as it is known", async ({ page, world, complaints }) => {
  complaints.expects(/net::ERR_/);
  const { owner, instanceId } = world;
  // The server takes it; both answers are lost, and so is everything that would tell the page of it.
  let told = false;
  let lost = 0;
  await page.route("**/v1/instances/*:stop", async (route) => {
    if (told) return route.fallback();
    lost += 1;
    // A request that came through is no second one: it carries the same key.
    await route.fetch().catch(() => {});
    await route.abort("connectionreset");
  });
  await page.route(/\/v1\/instances\/[^/]+\/events/, (route) => (lost > 0 && !told ? route.abort("connectionreset") : route.fallback()));
  await open(page, `/instances/${instanceId}`);
  await page.getByRole("button", { name: "Stop" }).click();
  const alert = page.getByRole("main").getByRole("alert").filter({ hasText: "nobody knows whether this was done" });
  await expect(alert).toBeVisible();
  told = true;
  const { currentJobId } = await owner.get<Instance>(`/v1/instances/${instanceId}`);
  if (currentJobId) await owner.succeeded(currentJobId);
  // Any event makes the page read the history again.
  await owner.patch(`/v1/instances/${instanceId}`, { tags: { env: "test", team: "shop" , told: "yes" } });
  await expect(alert).toHaveCount(0);
  await expect(page.locator('header [data-state="stopped"]')).toBeVisible();
  await page.getByRole("button", { name: "Start" }).click();
  await expect(page.locator('header [data-state="running"]')).toBeVisible();
  await owner.patch(`/v1/instances/${instanceId}`, { tags: { env: "test", team: "shop" } });
});

test("what does not exist, or is not yours, says so", async ({ page, complaints }) => {
  complaints.expects(/404/);
  await open(page, "/nowhere");
  await expect(page.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
  // Nor does the page ask for it again and again: as often as for the page that is there by now.
  for (const path of ["/projects/prj_00000000000000000000000000", "/projects/zzz/settings", "/instances/ins_00000000000000000000000000", "/instances/zzz/connect"]) {
    let asked = 0;
    const count = () => (asked += 1);
    page.on("request", count);
    await open(page, path);
    await expect(page.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
    await expect(page.getByRole("button", { name: /Try again|New database/ })).toHaveCount(0);
    // Long enough for several rounds of whatever might go round.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
    page.off("request", count);
    expect(asked).toBeLessThan(80);
  }
  for (const path of ["", "/members", "/nowhere/else"]) {
    await open(page, `/orgs/org_00000000000000000000000000${path}`);
    await expect(page.getByRole("heading", { name: path === "/nowhere/else" ? "There is nothing at this address" : "There is no such org" })).toBeVisible();
    await expect(page.getByRole("button", { name: /New project|Invite|Try again/ })).toHaveCount(0);
  }
});

test("pages keep to their security policy and their caching", async ({ page, request }) => {
  const violations: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
  });
  const answer = await page.goto("/login");
  expect(answer?.headers()["content-security-policy"]).toContain("script-src 'self'; style-src 'self'");
  expect(answer?.headers()["cache-control"]).toBe("no-cache");
  const script = await page.locator('script[type="module"]').getAttribute("src");
  const file = await request.get(script ?? "");
  expect(file.headers()["cache-control"]).toContain("immutable");
  const again = await request.get("/login", { headers: { accept: "text/html", "if-none-match": answer?.headers()["etag"] ?? "" } });
  expect([200, 304]).toContain(again.status());
  expect((await request.get("/v1/nothing", { headers: { accept: "text/html" } })).status()).toBe(404);
  expect(violations).toEqual([]);
});

test("visitors see plans and how long a create takes here", async ({ browser, complaints, world }) => {
  expect(world.instanceId).toBeTruthy();
  const context = await browser.newContext();
  const page = await context.newPage();
  complaints.listen(page);
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "pro-heavy" })).toBeVisible();
  await expect(page.getByText(/^\d+(\.\d)? s$/)).toBeVisible();
  await expect(page.locator('[data-creates="steps"] li')).toHaveCount(8);
  await context.close();
});
