import { type BrowserContext, expect, type Page, test as base } from "@playwright/test";
import { Api, PASSWORD } from "./api";
import { BASE } from "./demo";
import { Receiver } from "./receiver";

/** What all tests share: an owner with an org, a project, and a database that runs. */
export interface World {
  owner: Api;
  orgId: string;
  projectId: string;
  instanceId: string;
  /** The owner's session, as the browser keeps it. */
  state: Awaited<ReturnType<BrowserContext["storageState"]>>;
}

/** Complaints of the browser; a test that provokes one says so. */
class Complaints {
  private readonly all: string[] = [];
  private readonly expected: RegExp[] = [];

  expects(pattern: RegExp): void {
    this.expected.push(pattern);
  }
  listen(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error") this.all.push(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.all.push(`uncaught: ${error.message}`));
  }
  get unexpected(): string[] {
    return this.all.filter((complaint) => !this.expected.some((pattern) => pattern.test(complaint)));
  }
}

/** Signs somebody in and takes what the browser then keeps. */
export async function signIn(context: BrowserContext, email: string): Promise<void> {
  const answer = await context.request.post(`${BASE}/v1/auth/login`, { data: { email, password: PASSWORD, delivery: "cookie" } });
  expect(answer.ok()).toBe(true);
  await context.addInitScript(() => localStorage.setItem("dbx.session", "1"));
}

/** How many times slower than it is the browser acts: for seeing that no test depends on speed. */
const SLOWDOWN = Number(process.env.DBX_CONSOLE_TEST_SLOWDOWN ?? 1);

async function slowed(context: BrowserContext, page: Page): Promise<void> {
  if (SLOWDOWN <= 1) return;
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
}

interface Fixtures {
  complaints: Complaints;
  /** Signed in as the owner. */
  page: Page;
}

export const test = base.extend<Fixtures, { world: World }>({
  world: [
    async ({ browser }, use) => {
      const owner = await Api.register("Ada");
      const orgId = await owner.org();
      const projectId = await owner.project(orgId, "shop");
      const receiver = await Receiver.start();
      const { webhook } = await owner.post<{ webhook: { id: string } }>(`/v1/orgs/${orgId}/webhooks`, { url: receiver.url, description: "Tells the on-call channel", events: ["WorkflowFinished", "WorkflowParked"] });
      const instanceId = await owner.instance(projectId, "orders");
      await owner.post(`/v1/webhooks/${webhook.id}:test`);
      const context = await browser.newContext();
      await signIn(context, owner.email);
      const state = await context.storageState();
      await context.close();
      await use({ owner, orgId, projectId, instanceId, state });
      receiver.stop();
    },
    { scope: "worker", timeout: 300_000 },
  ],
  // eslint-disable-next-line no-empty-pattern
  complaints: async ({}, use) => {
    const complaints = new Complaints();
    await use(complaints);
    expect(complaints.unexpected, "the browser complained").toEqual([]);
  },
  context: async ({ browser, world, contextOptions }, use) => {
    const context = await browser.newContext({ ...contextOptions, storageState: world.state });
    await context.addInitScript(() => {
      if (sessionStorage.getItem("visitor") === null) localStorage.setItem("dbx.session", "1");
    });
    await use(context);
    await context.close();
  },
  page: async ({ context, complaints }, use) => {
    const page = await context.newPage();
    await slowed(context, page);
    complaints.listen(page);
    await use(page);
  },
});

export { expect } from "@playwright/test";

/** Every page of the console, by its address. */
export function routes({ orgId, projectId, instanceId }: World): Array<{ name: string; path: string }> {
  const org = `/orgs/${orgId}`;
  const project = `/projects/${projectId}`;
  const instance = `/instances/${instanceId}`;
  return [
    { name: "projects", path: org },
    { name: "org-activity", path: `${org}/activity` },
    { name: "members", path: `${org}/members` },
    { name: "usage", path: `${org}/usage` },
    { name: "audit", path: `${org}/audit` },
    { name: "webhooks", path: `${org}/webhooks` },
    { name: "org-settings", path: `${org}/settings` },
    { name: "instances", path: project },
    { name: "create", path: `${project}/new` },
    { name: "project-activity", path: `${project}/activity` },
    { name: "project-usage", path: `${project}/usage` },
    { name: "project-settings", path: `${project}/settings` },
    { name: "overview", path: instance },
    { name: "connect", path: `${instance}/connect` },
    { name: "metrics", path: `${instance}/metrics` },
    { name: "activity", path: `${instance}/activity` },
    { name: "settings", path: `${instance}/settings` },
    { name: "account", path: "/account" },
    { name: "sessions", path: "/account/sessions" },
    { name: "api-keys", path: "/account/api-keys" },
    { name: "privacy", path: "/account/privacy" },
    { name: "invite", path: "/invitations#inv_unknown" },
    { name: "not-found", path: "/nowhere" },
  ];
}

/** Opens a page and waits until nothing is loading in it. The stream of events stays open, so the network never idles. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator("h1").first().waitFor();
  await expect(page.locator('main [data-slot="skeleton"]')).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
