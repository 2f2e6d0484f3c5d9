import { queryOptions } from "@tanstack/react-query";
import { answer, http } from "./http";

export const usageQuery = (orgId: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["org", orgId, "usage", from, to],
    queryFn: () => answer(http.GET("/v1/orgs/{orgId}/usage", { params: { path: { orgId }, query: { from, to } } })),
  });
