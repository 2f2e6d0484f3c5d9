import { infiniteQueryOptions } from "@tanstack/react-query";
import type { Actor } from "./activity";
import { get } from "./unpublished";

export interface AuditEntry {
  position: string;
  time: string;
  orgId: string;
  actor: Actor;
  action: string;
  resource: { kind: string; id: string; name: string | null };
  requestId: string | null;
  address: string | null;
  userAgent: string | null;
  before: unknown;
  after: unknown;
  eventType: string;
}

export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
  resource?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

interface Page<T> {
  data: T[];
  nextPageToken: string | null;
}

export const auditQuery = (orgId: string, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["org", orgId, "audit", filter],
    queryFn: ({ pageParam }) =>
      get<Page<AuditEntry>>("/v1/audit-logs", { orgId, ...filter, "page[size]": "50", "page[token]": pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextPageToken ?? undefined,
  });

/** Where the same entries can be downloaded. */
export function exportUrl(orgId: string, filter: AuditFilter, format: "jsonl" | "csv"): string {
  const query = new URLSearchParams({ orgId, format });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  return `/v1/audit-logs/export?${query}`;
}
