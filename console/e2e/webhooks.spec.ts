import { Receiver, signatureOf } from "./receiver";
import { traces } from "./traces";
import { expect, open, test } from "./world";

let receiver: Receiver;
test.beforeEach(async () => {
  receiver = await Receiver.start();
});
test.afterEach(() => receiver.stop());

test("a webhook is made, its secret shown once, and told by signed messages", async ({ page, world }) => {
  await open(page, `/orgs/${world.orgId}/webhooks`);
  await page.getByRole("button", { name: "New webhook" }).click();
  await page.getByRole("textbox", { name: "Address" }).fill(receiver.url);
  await page.getByRole("textbox", { name: "Description" }).fill("Told of renames");
  await page.getByRole("radio", { name: "Chosen kinds" }).check();
  await page.getByRole("button", { name: "Create webhook" }).click();
  // Nothing chosen is not everything: the form stays.
  await expect(page.getByRole("checkbox", { name: "Database ordered" })).toBeFocused();
  await page.getByRole("checkbox", { name: "Database renamed" }).check();
  await page.getByRole("button", { name: "Create webhook" }).click();
  const secret = (await page.getByLabel("Signing secret", { exact: true }).textContent()) ?? "";
  expect(secret).toMatch(/^whsec_/);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("Told of database renamed", { exact: false })).toBeVisible();
  expect(await traces(page)).not.toContain(secret);

  await world.owner.patch(`/v1/instances/${world.instanceId}`, { name: "told" });
  await world.owner.patch(`/v1/instances/${world.instanceId}`, { name: "orders" });
  await expect.poll(() => receiver.of("InstanceRenamed").length).toBe(2);
  for (const message of receiver.messages) expect(message.signature.split(" ")).toContain(signatureOf(message, secret));
  await page.getByRole("button", { name: `Deliveries to ${receiver.url}` }).click();
  const rows = page.getByRole("region", { name: "Messages, newest first" }).getByRole("listitem");
  await expect(rows.filter({ hasText: "Database renamed" }).filter({ hasText: "Delivered" })).toHaveCount(2);
});

test("a receiver that fails is seen, and is sent things again once it is back", async ({ page, world }) => {
  const { owner, orgId, instanceId } = world;
  await owner.post(`/v1/orgs/${orgId}/webhooks`, { url: receiver.url, events: ["InstanceRenamed"] });
  await owner.patch(`/v1/instances/${instanceId}`, { name: "again" });
  await owner.patch(`/v1/instances/${instanceId}`, { name: "orders" });
  await expect.poll(() => receiver.of("InstanceRenamed").length).toBe(2);
  await open(page, `/orgs/${orgId}/webhooks`);
  await page.getByRole("button", { name: `Deliveries to ${receiver.url}` }).click();
  const dialog = page.getByRole("dialog");
  const rows = dialog.getByRole("region", { name: "Messages, newest first" }).getByRole("listitem");

  receiver.answers = 503;
  await dialog.getByRole("button", { name: "Send a test" }).click();
  const failing = rows.filter({ hasText: "Failing" });
  await expect(failing).toContainText("answered 503");
  await expect(failing).toContainText("no room for this");

  receiver.answers = 200;
  const before = receiver.of("InstanceRenamed").map(({ id }) => id);
  await dialog.getByLabel("Send again everything since").fill(new Date(Date.now() - 86_400_000).toISOString().slice(0, 16));
  await dialog.getByRole("button", { name: "Send again", exact: true }).click();
  await expect.poll(() => receiver.of("InstanceRenamed").slice(before.length).map(({ id }) => id)).toEqual(expect.arrayContaining(before));
});

test("what was sent is paged through, and told again from any message on", async ({ page, world }) => {
  const { owner, orgId, instanceId } = world;
  await owner.post(`/v1/orgs/${orgId}/webhooks`, { url: receiver.url, events: ["InstanceRenamed"] });
  // More than the twenty that a page holds.
  for (let index = 0; index < 12; index += 1) {
    for (const name of [`paged-${index}`, "orders"]) await owner.patch(`/v1/instances/${instanceId}`, { name });
  }
  await expect.poll(() => receiver.of("InstanceRenamed").length).toBe(24);
  await open(page, `/orgs/${orgId}/webhooks`);
  await page.getByRole("button", { name: `Deliveries to ${receiver.url}` }).click();
  const rows = page.getByRole("region", { name: "Messages, newest first" }).getByRole("listitem");
  await expect(rows).toHaveCount(20);
  await page.getByRole("button", { name: "Show older" }).click();
  await expect(rows).toHaveCount(24);
  await expect(page.getByRole("button", { name: "Show older" })).toHaveCount(0);

  const told = receiver.of("InstanceRenamed").map(({ id }) => id);
  await rows.nth(2).getByRole("button", { name: /Send again from here on/ }).click();
  await expect.poll(() => receiver.of("InstanceRenamed").slice(24).map(({ id }) => id)).toEqual(told.slice(-3));
});

test("a receiver that is gone for good is disabled, with the reason, until somebody enables it", async ({ page, world }) => {
  const { owner, orgId, instanceId } = world;
  receiver.answers = 410;
  await owner.post(`/v1/orgs/${orgId}/webhooks`, { url: receiver.url, events: ["InstanceRenamed"] });
  await open(page, `/orgs/${orgId}/webhooks`);
  const row = page.getByRole("listitem").filter({ hasText: receiver.url });
  await expect(row.getByText("Enabled", { exact: true })).toBeVisible();
  await owner.patch(`/v1/instances/${instanceId}`, { name: "unheard" });
  await expect(row.getByText("Disabled", { exact: true })).toBeVisible();
  await expect(row).toContainText("410");

  receiver.answers = 200;
  const missed = receiver.messages[0]?.id;
  await row.getByRole("button", { name: `Edit ${receiver.url}` }).click();
  await page.getByRole("switch", { name: /Enabled/ }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("dialog[open]")).toHaveCount(0);
  await expect(row.getByText("Enabled", { exact: true })).toBeVisible();
  await expect.poll(() => receiver.messages.slice(1).map(({ id }) => id)).toContain(missed);
  await owner.patch(`/v1/instances/${instanceId}`, { name: "orders" });

  await row.getByRole("button", { name: `Edit ${receiver.url}` }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete webhook" }).click();
  await expect(row).toHaveCount(0);
});
