import { QueryClient } from "@tanstack/react-query";
import { asProblem } from "./problem";

/** What was read. Pushed events say what is stale, so nothing is read again merely because time passed. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && asProblem(error).retryable,
      retryDelay: (attempt) => 500 * 2 ** attempt,
    },
    mutations: { retry: false },
  },
});
