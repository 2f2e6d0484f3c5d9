import { useQueryClient } from "@tanstack/react-query";
import { createContext, useState } from "react";
import { flushSync } from "react-dom";
import { logOut } from "@/api/account";
import { dropRequests } from "@/api/http";

/** Signs out, from wherever the menu is. */
export const LeaveContext = createContext<() => Promise<void>>(async () => {});

/**
 * Signing out, without a request that comes too late: everything that reads or follows is taken off the page first,
 * then the session ends. A reading under way, or one that a pushed event asks for, would be refused otherwise.
 */
export function useLeaving(): { leaving: boolean; leave: () => Promise<void>; failure: unknown } {
  const queries = useQueryClient();
  const [leaving, setLeaving] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const leave = async () => {
    // At once, so that the stream and the readers are gone before the next line.
    flushSync(() => {
      setFailure(null);
      setLeaving(true);
    });
    queries.clear();
    dropRequests();
    try {
      await logOut();
      // A whole new page: nothing that was shown stays in memory.
      location.assign("/");
    } catch (error) {
      setLeaving(false);
      setFailure(error);
    }
  };
  return { leaving, leave, failure };
}
