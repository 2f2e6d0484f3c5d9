import type { Instance } from "@/api/types";
import { bytes, mebibytes, plural } from "@/lib/amount";
import { HEALTH, LIFECYCLE } from "@/lib/words";

/** Something about an instance that was not as it is. */
export interface Difference {
  label: string;
  was: string;
  is: string;
}

const GIB = 1024 ** 3;

/** What people compare of an instance, in words. */
const ASPECTS: ReadonlyArray<readonly [label: string, of: (instance: Instance) => string]> = [
  ["Name", ({ name }) => name],
  ["State", ({ lifecycle }) => LIFECYCLE[lifecycle].label],
  ["Health", ({ health }) => HEALTH[health].label],
  ["Plan", ({ plan }) => plan],
  ["CPU", ({ vcpus }) => plural(vcpus, "vCPU")],
  ["Memory", ({ memoryMiB }) => mebibytes(memoryMiB)],
  ["Disk", ({ diskGiB }) => bytes(diskGiB * GIB)],
  ["Postgres", ({ serverVersion, pgVersion }) => serverVersion ?? String(pgVersion)],
  ["Node", ({ node }) => node ?? "none"],
  ["Protected", ({ terminationProtection }) => (terminationProtection ? "Yes" : "No")],
  ["Tags", ({ tags }) => Object.entries(tags).map(([key, value]) => `${key}=${value}`).toSorted().join(", ") || "none"],
];

/** In what an instance then differs from the one now. */
export function differences(then: Instance, now: Instance): Difference[] {
  return ASPECTS.map(([label, of]) => ({ label, was: of(then), is: of(now) })).filter(({ was, is }) => was !== is);
}
