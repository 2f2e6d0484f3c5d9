import type { components } from "../src/api/schema.gen";
import { traces } from "./traces";
import { expect, open, test } from "./world";

test("a revealed password is copied whole, and leaves no trace when it is hidden", async ({ page, world }) => {
  const { password } = await world.owner.post<components["schemas"]["RevealedCredential"]>(`/v1/instances/${world.instanceId}/credentials:reveal`);
  await open(page, `/instances/${world.instanceId}/connect`);
  expect(await traces(page)).not.toContain(password);
  await page.getByRole("button", { name: "Copy password" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(password);
  expect(await traces(page), "copying shows nothing").not.toContain(password);

  await page.getByRole("button", { name: "Reveal password" }).click();
  await expect(page.getByText(password, { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Hide password" }).click();
  expect(await traces(page)).not.toContain(password);
  for (const path of ["", "/connection", "/events"]) {
    expect(JSON.stringify(await world.owner.get(`/v1/instances/${world.instanceId}${path}`))).not.toContain(password);
  }
});

test("every way to connect names the host, and only a copy holds the password", async ({ page, world }) => {
  const { password } = await world.owner.post<components["schemas"]["RevealedCredential"]>(`/v1/instances/${world.instanceId}/credentials:reveal`);
  const { host } = await world.owner.get<components["schemas"]["Connection"]>(`/v1/instances/${world.instanceId}/connection`);
  await open(page, `/instances/${world.instanceId}/connect`);
  for (const language of ["psql", "URI", ".env", "Rust", "Node.js", "Python", "Go", "JDBC"]) {
    await page.getByRole("radio", { name: language, exact: true }).check({ force: true });
    const block = page.getByRole("region", { name: language, exact: true });
    await expect(block).toContainText(host);
    await expect(block).not.toContainText(password);
    await page.getByRole("button", { name: `Copy ${language}`, exact: true }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText()), language).toContain(host);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect([password, encodeURIComponent(password)].some((form) => copied.includes(form)), language).toBe(true);
  }
});

test("an API key is shown once", async ({ page }) => {
  await open(page, "/account/api-keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("pipeline");
  await page.getByRole("button", { name: "Create key" }).click();
  const token = (await page.getByLabel("API key", { exact: true }).textContent()) ?? "";
  expect(token).toMatch(/^dbx_/);
  await page.getByRole("button", { name: "Copy api key" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(token);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("pipeline")).toBeVisible();
  expect(await traces(page)).not.toContain(token);
});
