import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { LineChart } from "lucide-react";
import { useState } from "react";
import { metricsQuery } from "@/api/instances";
import type { Metrics } from "@/api/types";
import { Loaded } from "@/components/loaded";
import { Alert } from "@/components/ui/alert";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { Chart } from "@/metrics/chart";
import { MetricsTable } from "@/metrics/metrics-table";
import { largestOf, pointsOf, SERIES } from "@/metrics/series";
import { useInstance } from "./context";

const WINDOWS = [
  { value: "15m", label: "15 min" },
  { value: "1h", label: "1 hour" },
  { value: "6h", label: "6 hours" },
  { value: "24h", label: "24 hours" },
] as const;
const VIEWS = [
  { value: "charts", label: "Charts" },
  { value: "table", label: "Table" },
] as const;

export function MetricsPage() {
  const { instance, events, at } = useInstance();
  const { window = "1h" } = useSearch({ from: "/shell/instances/$instanceId/metrics" });
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
  const [from, to] = [Date.parse(metrics.from), Date.parse(metrics.to)];
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
      {moment !== null && moment < from ? <Alert tone="past">That moment is before this range. Choose a longer one.</Alert> : null}
      <div className="grid gap-4 lg:grid-cols-2">
        {SERIES.map((series) => {
          const points = pointsOf(shown, series.key);
          const max = series.max(metrics, largestOf(points));
          const latest = points.findLast((point) => point.value !== null)?.value;
          return (
            <Card key={series.key}>
              <CardHeader>
                <CardTitle>{series.label}</CardTitle>
                <span className="font-medium tabular-nums">{typeof latest === "number" ? series.show(latest) : "not measured"}</span>
              </CardHeader>
              <CardContent>
                <Chart
                  label={`${series.label} over time. The table view has the figures.`}
                  points={points}
                  from={from}
                  to={to}
                  max={max}
                  gap={metrics.stepSeconds * 2500}
                  show={series.show}
                  limit={series.limit(metrics)}
                  cursor={cursor}
                  onCursor={setCursor}
                  moment={moment}
                />
              </CardContent>
            </Card>
          );
        })}
      </div>
    </>
  );
}

function ChartsSkeleton() {
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      {SERIES.map((series) => (
        <Skeleton key={series.key} className="h-64" />
      ))}
    </div>
  );
}
