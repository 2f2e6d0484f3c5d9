import { Link } from "@tanstack/react-router";
import { History, Plug } from "lucide-react";
import { useEffect, useRef } from "react";
import type { PowerAction } from "@/api/instances";
import type { Event, Lifecycle } from "@/api/types";
import { PageTitle } from "@/components/page";
import { StateBadge } from "@/components/state-badge";
import { Button, buttonVariants } from "@/components/ui/button";
import { TabLink, TabLinks } from "@/components/ui/tabs";
import { isCreateCanceled } from "@/timeline/fold";
import { useInstance } from "./context";
import { PowerButton, PowerProblem, usePower } from "./power";

interface InstanceHeaderProps {
  events: readonly Event[];
  /** Somebody came back from the past, so the focus goes back to where that began. */
  returned: boolean;
  onTravel: (to: string | undefined) => void;
}

export function InstanceHeader({ events, returned, onTravel }: InstanceHeaderProps) {
  const { instance, events: shown, at } = useInstance();
  const power = usePower();
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
          <StateBadge lifecycle={instance.lifecycle} health={instance.health} canceled={isCreateCanceled(shown)} />
        </div>
        {/* On a phone two by two, the first choice first. */}
        <div className="flex flex-wrap items-center gap-2 max-sm:grid max-sm:w-full max-sm:grid-cols-2 max-sm:*:w-full max-sm:[&_button]:w-full">
          {at === undefined && last ? (
            <Button ref={travel} variant="ghost" className="max-sm:border max-sm:bg-surface" onClick={() => onTravel(last.position)}>
              <History />
              Time travel
            </Button>
          ) : null}
          {FROM_HERE[instance.lifecycle]?.map((action) => <PowerButton key={action} action={action} power={power} />)}
          <Link to="/instances/$instanceId/connect" {...link} className={buttonVariants({ variant: ready ? "default" : "outline", className: "max-sm:order-first" })}>
            <Plug />
            Connect
          </Link>
        </div>
      </header>
      <PowerProblem power={power} />
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

/** What the header offers; a database that is not ready has nothing to switch. */
const FROM_HERE: Partial<Record<Lifecycle, readonly PowerAction[]>> = { running: ["stop", "reboot"], stopped: ["start"] };
