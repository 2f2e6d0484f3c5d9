import { expect, open, test } from "./world";

test("delete asks for the exact name, then follows to the end", async ({ page, world }) => {
  const { owner, projectId } = world;
  const id = await owner.instance(projectId, "doomed");
  await open(page, `/instances/${id}/settings`);
  await page.getByRole("button", { name: "Delete database" }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: "Delete database" });
  const name = dialog.getByRole("textbox");
  await expect(confirm).toBeDisabled();
  await name.fill("doome");
  await expect(confirm).toBeDisabled();
  await name.fill("doomed ");
  await expect(confirm).toBeDisabled();
  await name.fill("doomed");
  await confirm.click();
  await expect(page.getByText("This database is deleted")).toBeVisible();
  await open(page, `/projects/${projectId}`);
  await expect(page.getByRole("link", { name: "orders" })).toBeVisible();
  await expect(page.getByRole("link", { name: "doomed" })).toHaveCount(0);
});

test("a protected database cannot be deleted, and says why", async ({ page, world }) => {
  await world.owner.patch(`/v1/instances/${world.instanceId}`, { terminationProtection: true });
  await open(page, `/instances/${world.instanceId}/settings`);
  const button = page.getByRole("button", { name: "Delete database" });
  await expect(button).toHaveAttribute("aria-disabled", "true");
  await button.hover();
  await expect(page.getByText("Deletion protection is on.", { exact: false }).last()).toBeVisible();
  await page.getByRole("switch", { name: /Deletion protection/ }).click();
  await expect(button).not.toHaveAttribute("aria-disabled", "true");
});
