import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
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

/** The newest signed checkpoint; null before the first one. */
export const checkpointQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["org", orgId, "checkpoint"],
    queryFn: async () => {
      const { data } = await answer(http.GET("/v1/audit-logs/checkpoints", { params: { query: { orgId, "page[size]": 1 } } }));
      return data[0] ?? null;
    },
    refetchInterval: 60_000,
  });

export const checkpointKeysQuery = queryOptions({
  queryKey: ["checkpoint-keys"],
  queryFn: async () => (await answer(http.GET("/v1/audit-logs/keys"))).data,
  staleTime: 600_000,
});

/** An org's whole history as it was hashed: what `dbx audit verify` checks. */
export const chainUrl = (orgId: string): string => `/v1/audit-logs/chain?orgId=${encodeURIComponent(orgId)}`;
