import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { History, Plug, Power, RotateCw, Square } from "lucide-react";
import { type ReactElement, useEffect, useRef } from "react";
import { instanceQuery, jobQuery, operate, type PowerAction } from "@/api/instances";
import type { Event, Lifecycle } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { PageTitle } from "@/components/page";
import { StateBadge } from "@/components/state-badge";
import { toastProblem } from "@/components/toast-problem";
import { Button, buttonVariants } from "@/components/ui/button";
import { TabLink, TabLinks } from "@/components/ui/tabs";
import { toast } from "@/components/ui/toaster";
import { LIFECYCLE } from "@/lib/words";
import { useInstance, useInstanceRefusal } from "./context";

interface InstanceHeaderProps {
  events: readonly Event[];
  /** Somebody came back from the past, so the focus goes back to where that began. */
  returned: boolean;
  onTravel: (to: string | undefined) => void;
}

export function InstanceHeader({ events, returned, onTravel }: InstanceHeaderProps) {
  const { instance, at } = useInstance();
  const last = events.at(-1);
  const travel = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (returned) travel.current?.focus({ preventScroll: true });
  }, [returned]);
  const ready = at === undefined && (instance.lifecycle === "running" || instance.lifecycle === "stopped");
  const link = { params: { instanceId: instance.id }, search: at === undefined ? {} : { at } };
  return (
    <div className="grid gap-3">
      <header className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1.5">
          <PageTitle title={instance.name}>{instance.name}</PageTitle>
          <StateBadge lifecycle={instance.lifecycle} health={instance.health} />
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {at === undefined && last ? (
            <Button ref={travel} variant="ghost" onClick={() => onTravel(last.position)}>
              <History />
              Time travel
            </Button>
          ) : null}
          <PowerButtons />
          <Link to="/instances/$instanceId/connect" {...link} className={buttonVariants({ variant: ready ? "default" : "outline", className: "max-sm:hidden" })}>
            <Plug />
            Connect
          </Link>
        </div>
      </header>
      <TabLinks label="Database">
        <TabLink to="/instances/$instanceId" {...link} exact>
          Overview
        </TabLink>
        <TabLink to="/instances/$instanceId/connect" {...link}>
          Connect
        </TabLink>
        <TabLink to="/instances/$instanceId/metrics" {...link}>
          Metrics
        </TabLink>
        <TabLink to="/instances/$instanceId/activity" {...link}>
          Activity
        </TabLink>
        <TabLink to="/instances/$instanceId/settings" {...link}>
          Settings
        </TabLink>
      </TabLinks>
    </div>
  );
}

const POWER: Record<PowerAction, { label: string; icon: ReactElement; from: readonly Lifecycle[]; said: string }> = {
  start: { label: "Start", icon: <Power />, from: ["stopped"], said: "Starting." },
  stop: { label: "Stop", icon: <Square />, from: ["running"], said: "Stopping." },
  reboot: { label: "Reboot", icon: <RotateCw />, from: ["running"], said: "Rebooting." },
};

/** What the header offers; a database that is not ready has nothing to switch. */
const FROM_HERE: Partial<Record<Lifecycle, readonly PowerAction[]>> = { running: ["stop", "reboot"], stopped: ["start"] };

function PowerButtons() {
  const { instance } = useInstance();
  return FROM_HERE[instance.lifecycle]?.map((action) => <PowerButton key={action} action={action} />);
}

export function PowerButton({ action }: { action: PowerAction }) {
  const { instance } = useInstance();
  const queries = useQueryClient();
  const refused = useInstanceRefusal("operateInstance");
  const { label, icon, from, said } = POWER[action];
  const running = useMutation({
    mutationFn: () => operate(instance.id, action),
    onSuccess: (job) => {
      queries.setQueryData(jobQuery(job.id).queryKey, job);
      queries.setQueryData(instanceQuery(instance.id).queryKey, (now) => (now ? { ...now, currentJobId: job.id } : now));
      void queries.invalidateQueries({ queryKey: ["instance", instance.id] });
      toast(said);
    },
    onError: toastProblem,
  });
  const reason = refused ?? (instance.currentJobId ? "A job is under way; wait until it is over." : null) ?? (from.includes(instance.lifecycle) ? null : `It is ${LIFECYCLE[instance.lifecycle].label.toLowerCase()}.`);
  return (
    <Allowed reason={reason} align="end">
      <Button variant="outline" busy={running.isPending} onClick={() => running.mutate()}>
        {icon}
        {label}
      </Button>
    </Allowed>
  );
}
