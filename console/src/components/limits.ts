/** What quotas limit, in the units in which people type them. */
export const LIMITS = [
  { key: "instances", label: "Databases" },
  { key: "vcpus", label: "vCPUs" },
  { key: "memoryMiB", label: "Memory in MiB" },
  { key: "diskGiB", label: "Disk in GiB" },
] as const;
