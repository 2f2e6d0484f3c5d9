import { expect, test } from "vitest";
import type { Instance } from "@/api/types";
import { differences } from "./difference";

const now = {
  name: "orders",
  lifecycle: "running",
  health: "healthy",
  plan: "nano",
  vcpus: 1,
  memoryMiB: 2048,
  diskGiB: 20,
  serverVersion: "17.10",
  pgVersion: 17,
  node: "pve1",
  terminationProtection: false,
  tags: { env: "test", team: "shop" },
} as unknown as Instance;

test("an instance does not differ from itself, in whatever order its tags are", () => {
  expect(differences({ ...now, tags: { team: "shop", env: "test" } }, now)).toEqual([]);
});

test("what was otherwise is told in words", () => {
  expect(differences({ ...now, lifecycle: "stopped", node: null, tags: {} }, now)).toEqual([
    { label: "State", was: "Stopped", is: "Running" },
    { label: "Node", was: "none", is: "pve1" },
    { label: "Tags", was: "none", is: "env=test, team=shop" },
  ]);
});
