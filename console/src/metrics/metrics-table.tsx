import type { Metrics } from "@/api/types";
import { Card } from "@/components/ui/card";
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from "@/components/ui/table";
import { dateTime, exact } from "@/lib/time";
import { SERIES } from "./series";

/** The same figures as the charts, newest first. */
export function MetricsTable({ metrics }: { metrics: Metrics }) {
  return (
    <Card>
      <Table scrolls="Measured figures">
        <TableHeader>
          <TableRow>
            <TableHead>Time</TableHead>
            {SERIES.map((series) => (
              <TableHead key={series.key} className="text-right">
                {series.label}
              </TableHead>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          {metrics.samples.toReversed().map((sample) => (
            <TableRow key={sample.time}>
              <TableCell className="text-muted-foreground tabular-nums">
                <time dateTime={sample.time} title={exact(sample.time)}>
                  {dateTime(sample.time)}
                </time>
              </TableCell>
              {SERIES.map((series) => {
                const value = sample[series.key];
                return (
                  <TableCell key={series.key} className="text-right tabular-nums">
                    {value === null ? <span className="text-muted-foreground">not measured</span> : series.show(value)}
                  </TableCell>
                );
              })}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </Card>
  );
}
