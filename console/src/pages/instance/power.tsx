import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Power, RotateCw, Square } from "lucide-react";
import type { ReactElement } from "react";
import { adoptJob, instanceQuery, operate, type PowerAction } from "@/api/instances";
import { asProblem } from "@/api/problem";
import { ANSWER_LOST } from "@/api/send";
import type { Event, Lifecycle } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toaster";
import { LIFECYCLE } from "@/lib/words";
import { asksFor } from "@/timeline/fold";
import { useInstance, useInstanceRefusal } from "./context";

const POWER: Record<PowerAction, { label: string; icon: ReactElement; from: readonly Lifecycle[]; said: string }> = {
  start: { label: "Start", icon: <Power />, from: ["stopped"], said: "Starting." },
  stop: { label: "Stop", icon: <Square />, from: ["running"], said: "Stopping." },
  reboot: { label: "Reboot", icon: <RotateCw />, from: ["running"], said: "Rebooting." },
};

interface Press {
  action: PowerAction;
  /** How much of the instance's history was known when it was pressed. */
  seen: number;
}

/** Starting, stopping and rebooting, for one place of the page that has the buttons and says how a press went. */
export function usePower() {
  const { instance, events, follow } = useInstance();
  const queries = useQueryClient();
  const pressing = useMutation({
    mutationFn: ({ action }: Press) => operate(instance.id, action),
    onSuccess: (job, { action }) => {
      follow(job.id);
      queries.setQueryData(instanceQuery(instance.id).queryKey, (now) => (now ? { ...now, currentJobId: job.id } : now));
      adoptJob(queries, job);
      toast(POWER[action].said);
    },
  });
  return {
    press: (action: PowerAction) => pressing.mutate({ action, seen: events.at(-1)?.sequence ?? 0 }),
    pending: pressing.isPending ? pressing.variables.action : null,
    failed: pressing.isError ? { ...pressing.variables, error: pressing.error } : null,
    dismiss: pressing.reset,
  };
}

type PowerSwitch = ReturnType<typeof usePower>;

export function PowerButton({ action, power }: { action: PowerAction; power: PowerSwitch }) {
  const { instance } = useInstance();
  const refused = useInstanceRefusal("operateInstance");
  const { label, icon, from } = POWER[action];
  const reason = refused ?? (instance.currentJobId ? "A job is under way; wait until it is over." : null) ?? (from.includes(instance.lifecycle) ? null : `It is ${LIFECYCLE[instance.lifecycle].label.toLowerCase()}.`);
  return (
    <Allowed reason={reason} align="end">
      <Button variant="outline" busy={power.pending === action} onClick={() => power.press(action)}>
        {icon}
        {label}
      </Button>
    </Allowed>
  );
}

/** Whether the history that came since tells what a press of which nobody knew came to. */
const isTold = (events: readonly Event[], { action, seen }: Press): boolean => events.some((event) => event.sequence > seen && asksFor(event) === action);

/** How a press went wrong, where it was made, until it is tried again, dismissed, or known to have been carried out. */
export function PowerProblem({ power, className }: { power: PowerSwitch; className?: string }) {
  const { instance, events, at } = useInstance();
  const { failed, press, dismiss } = power;
  if (!failed || at !== undefined || isTold(events, failed)) return null;
  const { label, from } = POWER[failed.action];
  const unknown = asProblem(failed.error).code === ANSWER_LOST;
  const possible = from.includes(instance.lifecycle) && !instance.currentJobId;
  return (
    <ErrorPanel
      error={failed.error}
      title={unknown ? `${label}: the answer was lost` : `${label} was not carried out`}
      onDismiss={dismiss}
      {...(possible ? { onRetry: () => press(failed.action) } : {})}
      {...(className ? { className } : {})}
    />
  );
}
