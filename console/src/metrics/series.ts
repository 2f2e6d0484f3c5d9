import type { MetricSample, Metrics } from "@/api/types";
import { bytes, count, percent, plural } from "@/lib/amount";
import { type Point, roundUp, roundUpBinary } from "./scale";

type Figure = Exclude<keyof MetricSample, "time">;

export interface Series {
  key: Figure;
  label: string;
  show: (value: number) => string;
  /** The top of the scale: a round number above everything measured, at most the plan's limit. */
  max: (metrics: Metrics, largest: number) => number;
  /** The plan's limit, and how it is said behind a figure. */
  limit: (metrics: Metrics) => { value: number; label: string } | undefined;
  wide: boolean;
}

/** Room above the line, so that a flat one is not taken for a full one. */
const ROOM = 1.25;

export const SERIES: readonly Series[] = [
  {
    key: "cpu",
    label: "CPU",
    wide: true,
    show: percent,
    max: (_, largest) => Math.min(1, Math.max(0.1, roundUp(largest * ROOM))),
    limit: ({ limits }) => ({ value: 1, label: `of ${plural(limits.vcpu, "vCPU")}` }),
  },
  { key: "queriesPerSecond", label: "Queries per second", wide: true, show: count, max: (_, largest) => roundUp(largest * ROOM), limit: () => undefined },
  {
    key: "memoryBytes",
    label: "Memory",
    wide: false,
    show: bytes,
    max: ({ limits }, largest) => Math.min(limits.memoryBytes, roundUpBinary(largest * ROOM)),
    limit: ({ limits }) => ({ value: limits.memoryBytes, label: `of ${bytes(limits.memoryBytes)}` }),
  },
  {
    key: "diskBytes",
    label: "Disk",
    wide: false,
    show: bytes,
    max: ({ limits }, largest) => Math.min(limits.diskBytes, roundUpBinary(largest * ROOM)),
    limit: ({ limits }) => ({ value: limits.diskBytes, label: `of ${bytes(limits.diskBytes)}` }),
  },
  {
    key: "connections",
    label: "Connections",
    wide: false,
    show: count,
    max: ({ limits }, largest) => Math.min(limits.connections, roundUp(Math.max(8, largest * ROOM))),
    limit: ({ limits }) => ({ value: limits.connections, label: `of ${count(limits.connections)}` }),
  },
];

export const pointsOf = (metrics: Metrics, key: Figure): Point[] =>
  metrics.samples.map((sample) => ({ time: Date.parse(sample.time), value: sample[key] }));

export const largestOf = (points: readonly Point[]): number => Math.max(0, ...points.flatMap(({ value }) => (value === null ? [] : [value])));
