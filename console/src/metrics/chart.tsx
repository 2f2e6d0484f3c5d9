import { type PointerEvent, useId, useMemo } from "react";
import { cn } from "@/lib/cn";
import { area, type Frame, line, nearest, type Point, ticks, x, y } from "./scale";

interface ChartProps {
  label: string;
  points: readonly Point[];
  from: number;
  to: number;
  max: number;
  /** Pause between two points from which on the line breaks. */
  gap: number;
  show: (value: number) => string;
  /** Drawn as a dashed line where the scale reaches that far. */
  limit?: number | undefined;
  /** The moment under the pointer, the same in all charts of a page. */
  cursor: number | null;
  onCursor: (time: number | null) => void;
  /** The moment that is looked at, in the past. */
  moment?: number | null;
}

const WIDTH = 560;
const HEIGHT = 120;
/** A label at the very edge would be cut. */
const inside = (from: number, to: number, time: number): boolean => time - from > (to - from) * 0.06 && to - time > (to - from) * 0.06;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** A line over time. Everything in it is also in the table that its page offers. */
export function Chart({ label, points, from, to, max, gap, show, limit, cursor, onCursor, moment = null }: ChartProps) {
  const gradient = useId();
  const frame: Frame = useMemo(() => ({ width: WIDTH, height: HEIGHT, from, to, max }), [from, to, max]);
  const path = useMemo(() => line(points, frame, gap), [points, frame, gap]);
  const below = useMemo(() => area(points, frame, gap), [points, frame, gap]);
  const marked = cursor === null ? null : nearest(points, cursor);
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    onCursor(from + ((event.clientX - box.left) / box.width) * (to - from));
  };
  return (
    <div className="grid gap-1.5">
      <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-2">
        <svg
          data-slot="chart"
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={label}
          className="h-32 w-full touch-pan-y overflow-visible"
          onPointerMove={move}
          onPointerLeave={() => onCursor(null)}
        >
          <defs>
            <linearGradient id={gradient} x1="0" x2="0" y1="0" y2="1">
              <stop offset="0" stopColor="var(--accent)" stopOpacity="0.22" />
              <stop offset="1" stopColor="var(--accent)" stopOpacity="0.02" />
            </linearGradient>
          </defs>
          {[0, 0.5, 1].map((share) => (
            <line key={share} x1="0" x2={WIDTH} y1={HEIGHT * share} y2={HEIGHT * share} stroke="var(--border)" vectorEffect="non-scaling-stroke" />
          ))}
          {limit !== undefined && limit <= max ? (
            <line x1="0" x2={WIDTH} y1={y(frame, limit)} y2={y(frame, limit)} stroke="var(--warn)" strokeDasharray="4 4" vectorEffect="non-scaling-stroke" />
          ) : null}
          <path d={below} fill={`url(#${gradient})`} />
          <path d={path} fill="none" stroke="var(--accent)" strokeWidth="1.75" strokeLinejoin="round" strokeLinecap="round" vectorEffect="non-scaling-stroke" />
          {moment !== null && moment >= from && moment <= to ? (
            <line x1={x(frame, moment)} x2={x(frame, moment)} y1="0" y2={HEIGHT} stroke="var(--past)" strokeWidth="2" vectorEffect="non-scaling-stroke" />
          ) : null}
          {marked && marked.value !== null ? (
            <line x1={x(frame, marked.time)} x2={x(frame, marked.time)} y1="0" y2={HEIGHT} stroke="var(--muted-foreground)" vectorEffect="non-scaling-stroke" />
          ) : null}
        </svg>
        <div aria-hidden className="-my-1 flex w-14 flex-col justify-between text-[0.6875rem] leading-none text-muted-foreground tabular-nums">
          <span>{show(max)}</span>
          <span>{show(max / 2)}</span>
          <span>{show(0)}</span>
        </div>
      </div>
      {/* A narrow chart has room for every other label only. */}
      <div aria-hidden className="@container relative mr-16 h-4 text-[0.6875rem] text-muted-foreground tabular-nums">
        {ticks(from, to, 4).filter((time) => inside(from, to, time)).map((time, index) => (
          <span key={time} className={cn("absolute -translate-x-1/2 whitespace-nowrap", index % 2 === 1 && "@max-xs:hidden")} style={{ left: `${((time - from) / (to - from)) * 100}%` }}>
            {CLOCK.format(time)}
          </span>
        ))}
      </div>
    </div>
  );
}
