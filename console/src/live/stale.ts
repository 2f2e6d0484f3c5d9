import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { ActivityItem } from "@/api/types";

/** What may have changed by something that happened. */
function touched(item: ActivityItem): QueryKey[] {
  const keys: QueryKey[] = [];
  if (item.jobId) keys.push(["job", item.jobId]);
  if (item.instanceId) {
    keys.push(["instance", item.instanceId]);
    if (item.projectId && !item.detail) keys.push(["project", item.projectId]);
    if (!item.detail) keys.push(["org", item.orgId, "quota"]);
    return keys;
  }
  if (item.projectId) keys.push(["project", item.projectId], ["org", item.orgId, "projects"]);
  else keys.push(["orgs"], ["org", item.orgId]);
  return keys;
}

/** Long enough to answer a burst of events with one reading, too short to notice. */
const GATHER = 60;

/** Reads again what is shown and was touched; bursts are gathered. */
export class Refresher {
  private readonly keys = new Map<string, QueryKey>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  private readonly queries: QueryClient;

  constructor(queries: QueryClient) {
    this.queries = queries;
  }

  touch(item: ActivityItem): void {
    for (const key of touched(item)) this.keys.set(JSON.stringify(key), key);
    this.timer ??= setTimeout(() => this.flush(), GATHER);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private flush(): void {
    this.timer = undefined;
    const keys = [...this.keys.values()];
    this.keys.clear();
    for (const queryKey of keys) {
      void this.queries.invalidateQueries({ queryKey, predicate: (query) => !isRefreshedByItself(query.queryKey) });
    }
  }
}

/** Activity lists take the pushed items themselves, and measurements are no events. */
const isRefreshedByItself = (key: QueryKey): boolean => key.includes("activity") || key.includes("metrics") || key.includes("connection");
