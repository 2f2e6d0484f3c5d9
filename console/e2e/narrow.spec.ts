import type { Page } from "@playwright/test";
import { Api } from "./api";
import { expect, open, routes, signIn, test, type World } from "./world";

/** A desktop window of 1280 px at a zoom of 200 %. */
const ZOOMED = { width: 640, height: 430 };

test.use({ viewport: { width: 320, height: 640 } });

const overhang = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function scrollingSideways(page: Page, all: ReturnType<typeof routes>): Promise<string[]> {
  const wide: string[] = [];
  for (const { name, path } of all) {
    await open(page, path);
    const over = await overhang(page);
    if (over > 0) wide.push(`${name}: ${over} px`);
  }
  return wide;
}

test("no page scrolls sideways at 320 px", async ({ page, world, complaints }) => {
  complaints.expects(/404/);
  expect(await scrollingSideways(page, routes(world))).toEqual([]);
});

test("no page scrolls sideways at a zoom of 200 %", async ({ page, world, complaints }) => {
  complaints.expects(/404/);
  await page.setViewportSize(ZOOMED);
  expect(await scrollingSideways(page, routes(world))).toEqual([]);
});

const WIDTHS = [320, 640, 1280];

test("the longest names fit on every page, at every width", async ({ browser, complaints, contextOptions }) => {
  const owner = await Api.register("W".repeat(40));
  const orgId = await owner.org();
  await owner.patch(`/v1/orgs/${orgId}`, { name: `<b>${"W".repeat(77)}` });
  const projectId = await owner.project(orgId, "w".repeat(63));
  const instanceId = await owner.instance(projectId, "m".repeat(63), { ["T".repeat(63)]: "V".repeat(63), env: "production" });
  const events = await owner.events(instanceId);
  const context = await browser.newContext({ ...contextOptions, viewport: { width: 320, height: 640 } });
  await signIn(context, owner.email);
  const page = await context.newPage();
  complaints.listen(page);
  const ids = [orgId, projectId, instanceId];
  const named = routes({ orgId, projectId, instanceId } as World).filter(({ path }) => ids.some((id) => path.includes(id)));
  named.push({ name: "past", path: `/instances/${instanceId}?at=${events[2]?.position}` });
  const wide: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    wide.push(...(await scrollingSideways(page, named)).map((one) => `${width}: ${one}`));
    // The bar at the top is one line.
    const heights = await page.locator("header").first().locator("kbd, a, button").evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().height));
    expect(Math.max(...heights), `${width}`).toBeLessThanOrEqual(34);
  }
  expect(wide).toEqual([]);
  await context.close();
});

test("everything that is pressed is large enough for a finger", async ({ page, world, complaints }) => {
  complaints.expects(/404/);
  const small: string[] = [];
  for (const { name, path } of routes(world)) {
    await open(page, path);
    const found = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, select, input:not([type=hidden]), a:not(p a)")].flatMap((target) => {
        const { width, height } = target.getBoundingClientRect();
        const isShown = width > 1 && height > 1 && !target.matches(".sr-only") && target.checkVisibility({ visibilityProperty: true });
        // The whole row is pressed then.
        const isStretched = getComputedStyle(target, "::after").position === "absolute";
        // A link in a line of text is as high as the line (WCAG 2.2, 2.5.8).
        const isInline = getComputedStyle(target).display === "inline";
        return isShown && !isInline && !isStretched && (width < 24 || height < 24) ? [`${target.tagName} ${target.textContent || target.getAttribute("aria-label")} ${Math.round(width)}x${Math.round(height)}`] : [];
      }),
    );
    small.push(...found.map((one) => `${name}: ${one}`));
  }
  expect(small).toEqual([]);
});

test("navigation is in a sheet that closes behind a choice", async ({ page, world }) => {
  await open(page, `/orgs/${world.orgId}`);
  await page.getByRole("button", { name: "Open navigation" }).click();
  await page.getByRole("dialog").getByRole("link", { name: "Members" }).click();
  await expect(page.getByRole("heading", { name: "Members", exact: true })).toBeVisible();
  await expect(page.locator("dialog[open]")).toHaveCount(0);
});
