import type { MetricSample, Metrics } from "@/api/types";
import { bytes, count, percent } from "@/lib/amount";
import { type Point, roundUp } from "./scale";

type Figure = Exclude<keyof MetricSample, "time">;

export interface Series {
  key: Figure;
  label: string;
  show: (value: number) => string;
  /** The top of the scale: the plan's limit, or a round number above everything measured. */
  max: (metrics: Metrics, largest: number) => number;
  limit: (metrics: Metrics) => { value: number; label: string } | undefined;
}

export const SERIES: readonly Series[] = [
  { key: "cpu", label: "CPU", show: percent, max: () => 1, limit: ({ limits }) => ({ value: 1, label: `of ${limits.vcpu} vCPU` }) },
  {
    key: "memoryBytes",
    label: "Memory",
    show: bytes,
    max: ({ limits }) => limits.memoryBytes,
    limit: ({ limits }) => ({ value: limits.memoryBytes, label: `of ${bytes(limits.memoryBytes)}` }),
  },
  {
    key: "diskBytes",
    label: "Disk",
    show: bytes,
    max: ({ limits }) => limits.diskBytes,
    limit: ({ limits }) => ({ value: limits.diskBytes, label: `of ${bytes(limits.diskBytes)}` }),
  },
  { key: "queriesPerSecond", label: "Queries per second", show: count, max: (_, largest) => roundUp(largest), limit: () => undefined },
  {
    key: "connections",
    label: "Connections",
    show: count,
    max: ({ limits }, largest) => Math.min(limits.connections, roundUp(Math.max(8, largest * 1.2))),
    limit: ({ limits }) => ({ value: limits.connections, label: `of ${count(limits.connections)}` }),
  },
];

export const pointsOf = (metrics: Metrics, key: Figure): Point[] =>
  metrics.samples.map((sample) => ({ time: Date.parse(sample.time), value: sample[key] }));

export const largestOf = (points: readonly Point[]): number => Math.max(0, ...points.flatMap(({ value }) => (value === null ? [] : [value])));
