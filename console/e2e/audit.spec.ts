import { readFile } from "node:fs/promises";
import type { components } from "../src/api/schema.gen";
import { expect, open, test } from "./world";

type Checkpoints = components["schemas"]["Page_Checkpoint"];

test("a sealed log says so, and hands over what checks it", async ({ page, world }) => {
  const { owner, orgId } = world;
  const newest = async () => (await owner.get<Checkpoints>(`/v1/audit-logs/checkpoints?orgId=${orgId}&page%5Bsize%5D=1`)).data[0];
  await expect.poll(newest).toBeTruthy();
  await open(page, `/orgs/${orgId}/audit`);
  await expect(page.getByText(/^Sealed by checkpoint \d+$/)).toBeVisible();
  await page.getByRole("button", { name: "Verify" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("region", { name: "verify command" })).toHaveText(`dbx audit verify --org ${orgId}`);
  await expect(dialog.getByLabel("public key", { exact: true })).toHaveText(/\S{40,}/);
  await expect(dialog.getByLabel("checkpoint", { exact: true })).toHaveText(/^\d+:[0-9a-f]{64}$/);
  const [file] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("link", { name: /Download/ }).click()]);
  const lines = (await readFile(await file.path(), "utf8")).trim().split("\n");
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
});

test("the log is filtered, and the filter is in the address and in the export", async ({ page, world }) => {
  await open(page, `/orgs/${world.orgId}/audit`);
  await page.getByRole("combobox", { name: "Action" }).fill("instance.create");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(/action=instance\.create/);
  await expect(page.getByRole("button", { name: "instance.update" })).toHaveCount(0);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "JSON lines" }).click()]);
  const actions = (await readFile(await file.path(), "utf8")).trim().split("\n").map((line) => (JSON.parse(line) as { action: string }).action);
  expect(new Set(actions)).toEqual(new Set(["instance.create"]));
  await page.getByRole("button", { name: "instance.create" }).first().click();
  await expect(page.getByRole("dialog")).toContainText("ActorAda, usr_");
  await page.keyboard.press("Escape");

  // People and databases are asked for by name; the address has their ids.
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByRole("combobox", { name: "Actor" }).fill("Ada");
  await page.getByRole("combobox", { name: "Resource" }).fill("orders");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page).toHaveURL(new RegExp(`actor=usr_\\w+&resource=${world.instanceId}`));
  await expect(page.getByRole("combobox", { name: "Resource" })).toHaveValue("orders");
  await expect(page.getByRole("cell", { name: "shop", exact: true })).toHaveCount(0);
});
