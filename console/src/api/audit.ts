import { infiniteQueryOptions } from "@tanstack/react-query";
import { answer, http } from "./http";

export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
  resource?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

export const auditQuery = (orgId: string, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["org", orgId, "audit", filter],
    queryFn: ({ pageParam }) =>
      answer(http.GET("/v1/audit-logs", { params: { query: { orgId, ...filter, "page[size]": 50, ...(pageParam ? { "page[token]": pageParam } : {}) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextPageToken ?? undefined,
  });

/** Where the same entries can be downloaded. */
export function exportUrl(orgId: string, filter: AuditFilter, format: "jsonl" | "csv"): string {
  const query = new URLSearchParams({ orgId, format });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  return `/v1/audit-logs/export?${query}`;
}
