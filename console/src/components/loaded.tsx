import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorPanel } from "./error-panel";

interface LoadedProps<T> {
  query: UseQueryResult<T>;
  /** Stands where the data will, as large as the data. */
  skeleton: ReactNode;
  children: (data: T) => ReactNode;
}

/** Data once it is there. What was read before stays while it is read again. */
export function Loaded<T>({ query, skeleton, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ErrorPanel error={query.error} onRetry={() => void query.refetch()} className="m-4" />;
  return skeleton;
}
