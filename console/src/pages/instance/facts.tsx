import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { metricsQuery } from "@/api/instances";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { Meter } from "@/components/ui/meter";
import { bytes, count, mebibytes, percent, plural } from "@/lib/amount";
import { dateTime, exact } from "@/lib/time";
import { HEALTH } from "@/lib/words";
import { useInstance } from "./context";

const GIB = 1024 ** 3;

export function Facts() {
  const { instance, at } = useInstance();
  const measured = useQuery({ ...metricsQuery(instance.id, "15m"), enabled: at === undefined && instance.lifecycle === "running" });
  const measures = at === undefined && instance.lifecycle === "running";
  const latest = measures ? measured.data?.latest : null;
  const disk = instance.diskGiB * GIB;
  const memory = instance.memoryMiB * 1024 * 1024;
  return (
    <Card>
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg bg-border md:grid-cols-4">
        <Fact label="CPU" value={plural(instance.vcpus, "vCPU")} used={latest?.cpu} max={measures ? 1 : 0} show={percent} />
        <Fact label="Memory" value={mebibytes(instance.memoryMiB)} used={latest?.memoryBytes} max={measures ? memory : 0} show={bytes} />
        <Fact label="Disk" value={bytes(disk)} used={latest?.diskBytes} max={measures ? disk : 0} show={bytes} />
        <Fact label="Connections" value={`up to ${count(instance.maxConnections)}`} used={latest?.connections} max={measures ? instance.maxConnections : 0} show={count} />
        <Fact label="Plan" value={instance.plan} />
        <Fact label="Postgres" value={instance.serverVersion ?? `${instance.pgVersion}`} />
        <Fact label="Health" value={instance.lifecycle === "running" ? HEALTH[instance.health].label : "Not running"} />
        <Fact label="Node" value={instance.node ?? "Not placed"} />
        <Fact
          label="Created"
          value={
            <time dateTime={instance.createdAt} title={exact(instance.createdAt)}>
              {dateTime(instance.createdAt)}
            </time>
          }
        />
        <Fact label="Protected" value={instance.terminationProtection ? "Deletes are refused" : "No"} />
        <Fact
          wide
          label="Id"
          value={
            <span className="flex items-center gap-1">
              <code className="truncate font-mono text-[0.8125rem] font-normal">{instance.id}</code>
              <CopyButton text={instance.id} label="Copy id" className="size-6" />
            </span>
          }
        />
        {Object.keys(instance.tags).length > 0 ? (
          <Fact
            full
            label="Tags"
            value={
              <span className="flex flex-wrap gap-1.5 pt-0.5">
                {Object.entries(instance.tags).map(([key, value]) => (
                  <Badge key={key} className="h-auto min-h-5.5 max-w-full font-mono font-normal wrap-anywhere whitespace-normal">
                    {key}={value}
                  </Badge>
                ))}
              </span>
            }
          />
        ) : null}
      </dl>
    </Card>
  );
}

interface FactProps {
  label: string;
  value: ReactNode;
  /** What is used of it now, where that is measured. */
  used?: number | null | undefined;
  max?: number;
  show?: (amount: number) => string;
  wide?: boolean;
  full?: boolean;
}

function Fact({ label, value, used, max = 0, show = count, wide = false, full = false }: FactProps) {
  return (
    <div className={`grid min-w-0 content-start gap-1 bg-surface px-4 py-3 ${full ? "col-span-full" : wide ? "col-span-2" : ""}`}>
      <dt className="text-xs text-muted-foreground">{label}</dt>
      <dd className="min-w-0 font-medium wrap-anywhere tabular-nums">{value}</dd>
      {max > 0 ? (
        <dd className="grid h-7 content-end gap-1">
          {typeof used === "number" ? (
            <>
              <span className="text-xs text-muted-foreground tabular-nums">{show(used)} in use</span>
              <Meter label={`${label} in use`} value={used} max={max} />
            </>
          ) : null}
        </dd>
      ) : null}
    </div>
  );
}
