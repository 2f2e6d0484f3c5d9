import { createContext, useContext } from "react";
import type { Event, Instance } from "@/api/types";
import { type Action, refusal } from "@/lib/policy";
import { usePlace } from "@/shell/place";
import { PAST_REASON } from "@/timeline/moment";

/** What the tabs of an instance share. */
export interface InstanceView {
  /** As it is, or as it was at the moment that is looked at. */
  instance: Instance;
  /** All events up to that moment, oldest first. */
  events: readonly Event[];
  at: string | undefined;
  /** The newest job that was seen under way since the page was opened. It may be over before a tab has shown it. */
  followed: string | null;
  follow: (jobId: string) => void;
}

export const InstanceContext = createContext<InstanceView | null>(null);

export function useInstance(): InstanceView {
  const view = useContext(InstanceContext);
  if (!view) throw new Error("useInstance outside of an instance's page");
  return view;
}

/** Why something cannot be done to the instance by this person at this moment; null if it can. */
export function useInstanceRefusal(action: Action): string | null {
  const { org } = usePlace();
  const { instance, at } = useInstance();
  if (at !== undefined) return PAST_REASON;
  if (instance.lifecycle === "deleted") return "It is deleted.";
  return refusal(org?.role, action);
}
