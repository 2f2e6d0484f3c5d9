import type { components } from "../src/api/schema.gen";
import { expect, open, test } from "./world";

type ProjectQuota = components["schemas"]["ProjectQuota"];

test("a project is given limits of its own, and they are lifted again", async ({ page, world }) => {
  const { owner, orgId } = world;
  const projectId = await owner.project(orgId, "limited");
  const limits = async () => (await owner.get<ProjectQuota>(`/v1/projects/${projectId}/quota`)).limits;
  await open(page, `/projects/${projectId}/usage`);
  await expect(page.getByText("in use, no limit")).toHaveCount(4);
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByRole("spinbutton", { name: "Databases" }).fill("0");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.locator("dialog[open]")).toHaveCount(0);
  await expect(page.getByText("in use, no limit")).toHaveCount(3);
  expect(await limits()).toEqual({ instances: 0, vcpus: null, memoryMiB: null, diskGiB: null });

  await page.getByRole("link", { name: "New database" }).click();
  await expect(page.getByText("The project's quota does not suffice: one database needed, 0 free.").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Create database" })).toHaveAttribute("aria-disabled", "true");

  await open(page, `/projects/${projectId}/usage`);
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByRole("spinbutton", { name: "Databases" }).fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("in use, no limit")).toHaveCount(4);
  expect((await limits()).instances).toBeNull();
  await owner.delete(`/v1/projects/${projectId}`);
});
