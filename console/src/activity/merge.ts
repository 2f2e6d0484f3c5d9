import type { ActivityItem } from "@/api/types";

/** Pages that were read and items that were pushed as one list, newest first, each once. */
export function merged(read: readonly ActivityItem[], pushed: readonly ActivityItem[]): ActivityItem[] {
  const byPosition = new Map<string, ActivityItem>();
  for (const item of pushed) byPosition.set(item.position, item);
  for (const item of read) byPosition.set(item.position, item);
  // Positions are padded, so that they sort as text.
  return [...byPosition.values()].toSorted((a, b) => (a.position < b.position ? 1 : -1));
}
