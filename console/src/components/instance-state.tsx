import { useQuery } from "@tanstack/react-query";
import { eventsQuery } from "@/api/instances";
import type { Instance } from "@/api/types";
import { isCreateCanceled } from "@/timeline/fold";
import { StateBadge } from "./state-badge";

/** The state of a database in a list. Its history says whether one that never came into being failed or was canceled. */
export function InstanceState({ instance }: { instance: Instance }) {
  const events = useQuery({ ...eventsQuery(instance.id), enabled: instance.lifecycle === "failed" });
  return <StateBadge lifecycle={instance.lifecycle} health={instance.health} canceled={isCreateCanceled(events.data ?? [])} />;
}
