import { infiniteQueryOptions } from "@tanstack/react-query";
import { get } from "./unpublished";

export interface Actor {
  kind: "account" | "api_key" | "system";
  id: string;
  name: string | null;
}

/** Something that happened in an org, in a sentence. */
export interface ActivityItem {
  position: string;
  time: string;
  actor: Actor;
  type: string;
  sentence: string;
  severity: "info" | "success" | "warning" | "error";
  /** Of a step only: left out of lists unless asked for. */
  detail: boolean;
  orgId: string;
  projectId: string | null;
  instanceId: string | null;
  jobId: string | null;
  sequence: number;
}

export interface ActivityFilter {
  projectId?: string | undefined;
  instanceId?: string | undefined;
}

interface Page<T> {
  data: T[];
  nextPageToken: string | null;
}

export const activityQuery = (orgId: string, filter: ActivityFilter = {}) =>
  infiniteQueryOptions({
    queryKey: ["org", orgId, "activity", filter],
    queryFn: ({ pageParam }) =>
      get<Page<ActivityItem>>(`/v1/orgs/${orgId}/activity`, { ...filter, "page[size]": "50", "page[token]": pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextPageToken ?? undefined,
  });
