import { queryOptions } from "@tanstack/react-query";
import type { Actor, Health, JobKind, Lifecycle } from "./types";
import { get } from "./unpublished";

/** Why an instance is as it is. */
export interface Why {
  instanceId: string;
  state: Lifecycle;
  health: Health;
  summary: string;
  lastTransition: { position: string; time: string; type: string; sentence: string; actor: Actor } | null;
  cause: string | null;
  waitingFor: string | null;
  job: {
    id: string;
    kind: JobKind;
    step: string;
    attempt: number;
    deadlineAt: string | null;
    nextAttemptAt: string | null;
  } | null;
  actions: Array<{ name: string; sentence: string; command: string }>;
}

export const whyQuery = (id: string) =>
  queryOptions({ queryKey: ["instance", id, "why"], queryFn: () => get<Why>(`/v1/instances/${id}/why`, {}) });
