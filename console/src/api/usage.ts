import { queryOptions } from "@tanstack/react-query";
import { get } from "./unpublished";

export interface Usage {
  from: string;
  to: string;
  plans: Array<{ plan: string; instanceHours: number }>;
  instances: Array<{ instanceId: string; name: string; projectId: string; plan: string; hours: number }>;
}

export const usageQuery = (orgId: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["org", orgId, "usage", from, to],
    queryFn: () => get<Usage>(`/v1/orgs/${orgId}/usage`, { from, to }),
  });
