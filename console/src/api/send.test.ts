import { http as mock, HttpResponse } from "msw";
import { expect, test, vi } from "vitest";
import { server } from "@/test/server";
import { createProject } from "./projects";
import { overtake } from "./send";

const PATH = "*/v1/orgs/:orgId/projects";
const made = { id: "prj_1", orgId: "org_1", name: "shop", createdAt: "2026-01-01T00:00:00Z" };

/** Keys of the requests that arrived; the first ones are answered by `answers`, all others with success. */
function arriving(...answers: Array<() => Response>): string[] {
  const keys: string[] = [];
  server.use(
    mock.post(PATH, ({ request }) => {
      keys.push(request.headers.get("idempotency-key") ?? "");
      return answers[keys.length - 1]?.() ?? HttpResponse.json(made);
    }),
  );
  return keys;
}

test("what is pressed twice is sent once, and both get the answer", async () => {
  const keys = arriving();
  const both = await Promise.all([createProject("org_1", "shop"), createProject("org_1", "shop")]);
  expect(both).toEqual([made, made]);
  expect(keys).toHaveLength(1);
});

test("a lost answer is asked for again with the same key", async () => {
  const keys = arriving(() => HttpResponse.error());
  expect(await createProject("org_1", "shop")).toEqual(made);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

test("a failure of the server keeps the key, its answer ends it", async () => {
  const keys = arriving(() => HttpResponse.json({}, { status: 503 }));
  await expect(createProject("org_1", "shop")).rejects.toThrow("503");
  await createProject("org_1", "shop");
  await createProject("org_1", "shop");
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[1]);
});

test("what is asked for again after another change is a new wish", async () => {
  const keys = arriving(() => HttpResponse.json({}, { status: 502 }));
  await expect(createProject("org_1", "shop")).rejects.toThrow("502");
  await createProject("org_1", "blog");
  await createProject("org_1", "shop");
  expect(new Set(keys).size).toBe(3);
});

test("what is asked for again after something happened to it is a new wish", async () => {
  const keys = arriving(() => HttpResponse.json({}, { status: 502 }), () => HttpResponse.json({}, { status: 502 }));
  await expect(createProject("org_1", "shop")).rejects.toThrow("502");
  overtake("org_2");
  await expect(createProject("org_1", "shop")).rejects.toThrow("502");
  overtake("org_1");
  await createProject("org_1", "shop");
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("what was in doubt long ago is a new wish", async () => {
  const keys = arriving(() => HttpResponse.json({}, { status: 502 }));
  await expect(createProject("org_1", "shop")).rejects.toThrow("502");
  const now = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(now + 61_000);
  await createProject("org_1", "shop");
  clock.mockRestore();
  expect(keys[1]).not.toBe(keys[0]);
});

test("an unreachable server is told as such, and that nothing is done twice", async () => {
  arriving(() => HttpResponse.error(), () => HttpResponse.error());
  await expect(createProject("org_1", "shop")).rejects.toThrow("not done twice");
});
