/** The arithmetic of charts: pure, so that it can be tested without a screen. */

export interface Point {
  time: number;
  /** Null where nothing was measured: the line breaks there. */
  value: number | null;
}

export interface Frame {
  width: number;
  height: number;
  from: number;
  to: number;
  max: number;
}

export const x = (frame: Frame, time: number): number => ((time - frame.from) / (frame.to - frame.from || 1)) * frame.width;
export const y = (frame: Frame, value: number): number => frame.height - (Math.min(value, frame.max) / (frame.max || 1)) * frame.height;

const round = (number: number) => Math.round(number * 10) / 10;

/** Points in a row that were measured without a pause of more than `gap`. */
function runs(points: readonly Point[], gap: number): Array<Array<{ time: number; value: number }>> {
  const all: Array<Array<{ time: number; value: number }>> = [];
  let last: number | null = null;
  for (const { time, value } of points) {
    if (value === null) {
      last = null;
      continue;
    }
    if (last === null || time - last > gap) all.push([]);
    all.at(-1)?.push({ time, value });
    last = time;
  }
  return all;
}

/** A line through the points, as the `d` of a path; broken where nothing was measured. */
export function line(points: readonly Point[], frame: Frame, gap: number): string {
  return runs(points, gap)
    .map((run) => run.map(({ time, value }, index) => `${index === 0 ? "M" : "L"}${round(x(frame, time))} ${round(y(frame, value))}`).join(""))
    .join("");
}

/** The area below the same line. */
export function area(points: readonly Point[], frame: Frame, gap: number): string {
  return runs(points, gap)
    .filter((run) => run.length > 1)
    .map((run) => {
      const first = run[0];
      const last = run.at(-1);
      if (!first || !last) return "";
      const top = run.map(({ time, value }) => `L${round(x(frame, time))} ${round(y(frame, value))}`).join("");
      return `M${round(x(frame, first.time))} ${frame.height}${top}L${round(x(frame, last.time))} ${frame.height}Z`;
    })
    .join("");
}

/** A round number at or above the largest value; never zero. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * magnitude >= value) ?? 10;
  return step * magnitude;
}

/** The next power of two, for amounts of bytes; at least a MiB. */
export const roundUpBinary = (value: number): number => 2 ** Math.max(20, Math.ceil(Math.log2(Math.max(1, value))));

/** The measured point that is nearest to a moment. */
export function nearest(points: readonly Point[], time: number): Point | null {
  let best: Point | null = null;
  for (const point of points) {
    if (point.value !== null && (best === null || Math.abs(point.time - time) < Math.abs(best.time - time))) best = point;
  }
  return best;
}

const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600].map((seconds) => seconds * 1000);

/** Whole times for the axis, at most `most`. */
export function ticks(from: number, to: number, most: number): number[] {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? 43_200_000;
  const all: number[] = [];
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) all.push(time);
  return all;
}
