import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, http } from "./http";

export interface ActivityFilter {
  projectId?: string | undefined;
  instanceId?: string | undefined;
}

export const activityQuery = (orgId: string, filter: ActivityFilter = {}) =>
  infiniteQueryOptions({
    queryKey: ["org", orgId, "activity", filter],
    queryFn: ({ pageParam }) =>
      answer(
        http.GET("/v1/orgs/{orgId}/activity", {
          params: { path: { orgId }, query: { ...filter, "page[size]": 50, ...(pageParam ? { "page[token]": pageParam } : {}) } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextPageToken ?? undefined,
  });
