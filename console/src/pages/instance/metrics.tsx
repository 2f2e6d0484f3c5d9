import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { LineChart } from "lucide-react";
import { useState } from "react";
import { metricsQuery } from "@/api/instances";
import type { Metrics } from "@/api/types";
import { Loaded } from "@/components/loaded";
import { Alert } from "@/components/ui/alert";
import { Card, CardContent } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { clock } from "@/lib/time";
import { Chart } from "@/metrics/chart";
import { MetricsTable } from "@/metrics/metrics-table";
import { nearest } from "@/metrics/scale";
import { largestOf, pointsOf, SERIES, type Series } from "@/metrics/series";
import { useInstance } from "./context";

const WINDOWS = [
  { value: "15m", label: "15 min" },
  { value: "1h", label: "1 hour" },
  { value: "6h", label: "6 hours" },
  { value: "24h", label: "24 hours" },
] as const;
const YOUNG = 15 * 60_000;
const VIEWS = [
  { value: "charts", label: "Charts" },
  { value: "table", label: "Table" },
] as const;

export function MetricsPage() {
  const { instance, events, at } = useInstance();
  // Of one that is young, an hour would be mostly empty.
  const [usual] = useState<"15m" | "1h">(() => (Date.now() - Date.parse(instance.createdAt) < YOUNG ? "15m" : "1h"));
  const { window = usual } = useSearch({ from: "/shell/instances/$instanceId/metrics" });
  const navigate = useNavigate();
  const [view, setView] = useState<"charts" | "table">("charts");
  const metrics = useQuery({ ...metricsQuery(instance.id, window), placeholderData: keepPreviousData });
  const last = at === undefined ? undefined : events.at(-1)?.time;
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Segmented
          label="Range"
          value={window}
          options={WINDOWS}
          onChange={(next) => void navigate({ to: ".", search: (now) => ({ ...now, window: next }), replace: true, resetScroll: false })}
        />
        <Segmented label="View" value={view} options={VIEWS} onChange={setView} />
      </div>
      <Loaded query={metrics} skeleton={<ChartsSkeleton />}>
        {(data) => <Measured metrics={data} view={view} moment={last ? Date.parse(last) : null} />}
      </Loaded>
    </>
  );
}

function Measured({ metrics, view, moment }: { metrics: Metrics; view: "charts" | "table"; moment: number | null }) {
  const { instance } = useInstance();
  const [cursor, setCursor] = useState<number | null>(null);
    // What was measured behind the moment that is looked at is not known yet there.
  const shown = moment === null ? metrics : { ...metrics, samples: metrics.samples.filter((sample) => Date.parse(sample.time) <= moment) };
  if (shown.samples.length === 0) {
    return (
      <Card>
        <Empty icon={<LineChart />} title={moment === null ? "Nothing measured in this time" : "Nothing measured up to that moment in this time"}>
          {instance.lifecycle === "running" && moment === null ? "The first figures appear within half a minute." : "Databases are measured while they run. Choose a longer range to see more."}
        </Empty>
      </Card>
    );
  }
  if (view === "table") return <MetricsTable metrics={shown} />;
  return (
    <>
      {moment !== null && moment < Date.parse(metrics.from) ? <Alert tone="past">That moment is before this range. Choose a longer one.</Alert> : null}
      <div className="grid gap-4 lg:grid-cols-6">
        {SERIES.map((series) => (
          <Panel key={series.key} series={series} metrics={metrics} shown={shown} cursor={cursor} onCursor={setCursor} moment={moment} />
        ))}
      </div>
    </>
  );
}

interface PanelProps {
  series: Series;
  metrics: Metrics;
  /** The same without what was measured behind the moment. */
  shown: Metrics;
  cursor: number | null;
  onCursor: (time: number | null) => void;
  moment: number | null;
}

function Panel({ series, metrics, shown, cursor, onCursor, moment }: PanelProps) {
  const points = pointsOf(shown, series.key);
  const limit = series.limit(metrics);
  const at = cursor === null ? null : nearest(points, cursor);
  const said = at ?? points.findLast((point) => point.value !== null);
  return (
    <Card className={series.wide ? "lg:col-span-3" : "lg:col-span-2"}>
      <div className="flex items-baseline justify-between gap-3 px-4 pt-3.5">
        <h2 className="text-sm font-semibold">{series.label}</h2>
        <p className="truncate text-[0.8125rem] text-muted-foreground tabular-nums">
          {said && said.value !== null ? <span className="text-sm font-semibold text-foreground">{series.show(said.value)}</span> : "not measured"}{" "}
          {at ? `at ${clock(new Date(at.time).toISOString())}` : limit?.label}
        </p>
      </div>
      <CardContent>
        <Chart
          label={`${series.label} over time. The table view has the figures.`}
          points={points}
          from={Date.parse(metrics.from)}
          to={Date.parse(metrics.to)}
          max={series.max(metrics, largestOf(points))}
          gap={metrics.stepSeconds * 2500}
          show={series.show}
          limit={limit?.value}
          cursor={cursor}
          onCursor={onCursor}
          moment={moment}
        />
      </CardContent>
    </Card>
  );
}

function ChartsSkeleton() {
  return (
    <div className="grid gap-4 lg:grid-cols-6">
      {SERIES.map((series) => (
        <Skeleton key={series.key} className={series.wide ? "h-55 lg:col-span-3" : "h-55 lg:col-span-2"} />
      ))}
    </div>
  );
}
