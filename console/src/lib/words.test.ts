import { expect, test } from "vitest";
import { readable } from "./words";

test("a task of Proxmox is told in words", () => {
  expect(readable("task UPID:pve1:000003F4:000186AC:6B056CA8:vzclone:9001:dbxyz@pve!control: ended with `clone failed`")).toBe("task vzclone 9001 on pve1 ended with `clone failed`");
});

test("a task without a guest names its node", () => {
  expect(readable("UPID:pve2:000003F4:000186AC:6B056CA8:aptupdate::root@pam: failed")).toBe("aptupdate on pve2 failed");
});

test("any other text stays as it is", () => {
  expect(readable("orders is ready")).toBe("orders is ready");
});
