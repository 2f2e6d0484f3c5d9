import { readFile } from "node:fs/promises";
import { Api, PASSWORD } from "./api";
import { expect, open, signIn, test } from "./world";

test("everything that is kept about a person comes as a file", async ({ page, world }) => {
  await open(page, "/account/privacy");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  expect(file.suggestedFilename()).toBe("dbxyz-account.json");
  const text = await readFile(await file.path(), "utf8");
  expect(text).toContain(world.owner.email);
  expect(() => JSON.parse(text) as unknown).not.toThrow();
});

test("an account is deleted with its password, and nobody can sign in with it any more", async ({ browser, complaints, contextOptions }) => {
  const leaver = await Api.register("Lea");
  const context = await browser.newContext(contextOptions);
  await signIn(context, leaver.email);
  const page = await context.newPage();
  complaints.listen(page);
  // The wrong password, and what the page still asks after the account is gone.
  complaints.expects(/status of 4\d\d/);
  await open(page, "/account/privacy");
  await page.getByRole("button", { name: "Delete account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill("not my password at all");
  await dialog.getByRole("button", { name: "Delete account" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await dialog.getByLabel("Your password").fill(PASSWORD);
  await dialog.getByRole("button", { name: "Delete account" }).click();
  await expect(page.getByRole("heading", { name: /Postgres in seconds/ })).toBeVisible();
  expect((await context.cookies()).filter((one) => one.name === "__Host-dbx_session")).toEqual([]);
  const refused = await context.request.post("/v1/auth/login", { data: { email: leaver.email, password: PASSWORD, delivery: "cookie" } });
  expect(refused.status()).toBe(401);
  await context.close();
});
