import type { Instance } from "./api";
import { expect, open, test } from "./world";

/** Up to where the console puts words for what the cluster calls a task. */
const told = (sentence: string) => sentence.split("UPID:")[0] ?? "";
const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

test("at every event, the slider, the address and the API agree", async ({ page, world }) => {
  const { owner, instanceId } = world;
  const events = await owner.events(instanceId);
  await open(page, `/instances/${instanceId}`);
  await page.getByRole("button", { name: "Time travel" }).click();
  const slider = page.getByRole("slider", { name: "Event" });
  await slider.focus();
  await page.keyboard.press("Home");
  for (const [index, event] of events.entries()) {
    await expect(page).toHaveURL(new RegExp(`at=${event.position}`));
    // How many there are may grow while this looks: the server is watched, and what is seen of it is an event.
    await expect(slider).toHaveAttribute("aria-valuetext", new RegExp(`^Event ${index + 1} of \\d+: ${escaped(told(event.sentence))}`));
    const then = await owner.get<Instance>(`/v1/instances/${instanceId}?at=${event.position}`);
    await expect(page.locator("header [data-state]")).toHaveAttribute("data-state", then.lifecycle);
    await slider.press("ArrowRight");
  }
});

test("a moment survives loading, disables every change, and ends with Back to now", async ({ page, world }) => {
  const events = await world.owner.events(world.instanceId);
  const middle = events[Math.floor(events.length / 2)];
  await open(page, `/instances/${world.instanceId}/settings?at=${middle?.position}`);
  await expect(page.getByRole("region", { name: "Time travel" })).toContainText(middle?.sentence ?? "");
  for (const name of ["Stop", "Reboot", "Rotate password", "Delete database"]) {
    for (const button of await page.getByRole("button", { name }).all()) await expect(button).toHaveAttribute("aria-disabled", "true");
  }
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect(page).not.toHaveURL(/at=/);
  await expect(page.getByRole("button", { name: "Delete database" })).not.toHaveAttribute("aria-disabled", "true");
});

test("the focus goes to the slider and back, and the past tells of itself alone", async ({ page, world }) => {
  const { owner, instanceId } = world;
  const [first] = await owner.events(instanceId);
  await open(page, `/instances/${instanceId}`);
  await page.getByRole("button", { name: "Time travel" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("slider", { name: "Event" })).toBeFocused();
  await page.keyboard.press("Home");
  await expect(page).toHaveURL(new RegExp(`at=${first?.position}`));
  await expect(page.getByRole("row", { name: "State Requested Running" })).toBeVisible();
  await expect(page.getByText("Why it was in that state")).toBeVisible();
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect(page.getByRole("button", { name: "Time travel" })).toBeFocused();
});

test("a moment that never was offers the way back", async ({ page, world, complaints }) => {
  complaints.expects(/status of 4\d\d/);
  await open(page, `/instances/${world.instanceId}?at=never`);
  await expect(page.getByText("There is no such moment")).toBeVisible();
  await expect(page.getByRole("button", { name: "Try again" })).toHaveCount(0);
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect(page.getByRole("heading", { name: "orders", level: 1 })).toBeVisible();
  // What somebody typed stays as it was typed.
  await open(page, `/instances/${world.instanceId}?at=0`);
  await expect(page).toHaveURL(/\?at=0$/);
});

test("a deleted database still opens in the past", async ({ page, world }) => {
  const { owner, projectId } = world;
  const id = await owner.instance(projectId, "gone");
  const before = (await owner.events(id)).at(-1);
  await owner.deleted(id);
  await open(page, `/instances/${id}`);
  await expect(page.getByText("This database is deleted")).toBeVisible();
  await open(page, `/instances/${id}?at=${before?.position}`);
  await expect(page.locator('header [data-state="running"]')).toBeVisible();
});
