import { expect, test } from "vitest";
import { folded } from "./folded";

test("neighbours that say the same become one, others stay in their order", () => {
  const list = [{ id: 1, text: "failed" }, { id: 2, text: "failed" }, { id: 3, text: "done" }, { id: 4, text: "failed" }];
  expect(folded(list, ({ text }) => text)).toEqual([
    { item: list[0], times: 2 },
    { item: list[2], times: 1 },
    { item: list[3], times: 1 },
  ]);
});
