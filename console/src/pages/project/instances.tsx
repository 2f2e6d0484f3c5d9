import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Database, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { instancesQuery } from "@/api/instances";
import type { Instance } from "@/api/types";
import { Loaded } from "@/components/loaded";
import { InstanceState } from "@/components/instance-state";
import { TimeAgo } from "@/components/time-ago";
import { Badge } from "@/components/ui/badge";
import { buttonVariants } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from "@/components/ui/table";
import { bytes, plural } from "@/lib/amount";
import { ProjectFrame } from "./frame";

const GIB = 1024 ** 3;

export function Instances() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/" });
  const instances = useQuery(instancesQuery(projectId));
  return (
    <ProjectFrame projectId={projectId}>
      <Loaded query={instances} skeleton={<ListSkeleton />}>
        {(all) => (all.length === 0 ? <NoInstances projectId={projectId} /> : <List all={all} />)}
      </Loaded>
    </ProjectFrame>
  );
}

function NoInstances({ projectId }: { projectId: string }) {
  return (
    <Card>
      <Empty
        icon={<Database />}
        title="Create the first database"
        action={
          <Link to="/projects/$projectId/new" params={{ projectId }} className={buttonVariants()}>
            New database
          </Link>
        }
      >
        A Postgres server of its own, with TLS and a strong password, ready a few seconds after you ask for it.
      </Empty>
    </Card>
  );
}

const matches = (instance: Instance, text: string) =>
  [instance.name, instance.plan, instance.lifecycle, ...Object.entries(instance.tags).flatMap(([key, value]) => [`${key}=${value}`])].some((part) =>
    part.toLowerCase().includes(text),
  );

function List({ all }: { all: Instance[] }) {
  const [typed, setTyped] = useState("");
  const text = useDeferredValue(typed).trim().toLowerCase();
  const shown = text ? all.filter((instance) => matches(instance, text)) : all;
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="relative w-full max-w-xs">
          <Search aria-hidden className="absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted-foreground" />
          <Input aria-label="Filter by name, plan, state or tag" placeholder="Filter by name, plan, state or tag" value={typed} onChange={(event) => setTyped(event.target.value)} className="pl-8.5" />
        </div>
        <p className="text-[0.8125rem] text-muted-foreground" aria-live="polite">
          {text ? `${shown.length} of ${plural(all.length, "database")}` : plural(all.length, "database")}
        </p>
      </div>
      <Card>
        {shown.length === 0 ? (
          <Empty title="No database matches">Clear the filter to see all {all.length}.</Empty>
        ) : (
          <Table>
            <TableHeader>
              <TableRow>
                <TableHead>Name</TableHead>
                <TableHead>State</TableHead>
                <TableHead className="max-md:hidden">Plan</TableHead>
                <TableHead className="max-lg:hidden">Postgres</TableHead>
                <TableHead className="max-lg:hidden">Disk</TableHead>
                <TableHead className="max-xl:hidden">Tags</TableHead>
                <TableHead className="max-sm:hidden">Created</TableHead>
              </TableRow>
            </TableHeader>
            <TableBody>
              {shown.map((instance) => (
                <Row key={instance.id} instance={instance} />
              ))}
            </TableBody>
          </Table>
        )}
      </Card>
    </div>
  );
}

function Row({ instance }: { instance: Instance }) {
  return (
    <TableRow className="relative hover:bg-muted/50">
      <TableCell className="font-medium">
        {/* The link covers the row. */}
        <Link to="/instances/$instanceId" params={{ instanceId: instance.id }} className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-ring">
          <span className="block max-w-56 truncate sm:max-w-72" title={instance.name}>
            {instance.name}
          </span>
        </Link>
      </TableCell>
      <TableCell>
        <InstanceState instance={instance} />
      </TableCell>
      <TableCell className="max-md:hidden">{instance.plan}</TableCell>
      <TableCell className="tabular-nums max-lg:hidden">{instance.serverVersion ?? instance.pgVersion}</TableCell>
      <TableCell className="tabular-nums max-lg:hidden">{bytes(instance.diskGiB * GIB)}</TableCell>
      <TableCell className="max-xl:hidden">
        <span className="flex gap-1">
          {Object.entries(instance.tags)
            .slice(0, 3)
            .map(([key, value]) => (
              <Badge key={key} className="max-w-40 font-mono font-normal" title={`${key}=${value}`}>
                <span className="truncate">
                  {key}={value}
                </span>
              </Badge>
            ))}
        </span>
      </TableCell>
      <TableCell className="text-muted-foreground max-sm:hidden">
        <TimeAgo time={instance.createdAt} />
      </TableCell>
    </TableRow>
  );
}

function ListSkeleton() {
  return (
    <div className="grid gap-3">
      <Skeleton className="h-8.5 w-full max-w-xs" />
      <Card>
        <div className="h-9 border-b bg-muted/50" />
        {[0, 1, 2].map((index) => (
          <div key={index} className="flex h-11 items-center border-b px-4 last:border-0">
            <Skeleton className="h-5 w-full" />
          </div>
        ))}
      </Card>
    </div>
  );
}
