import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, createContext, useContext, useEffect, useMemo, useState } from "react";
import { overtake } from "@/api/send";
import type { ActivityItem } from "@/api/types";
import { Hub, type LiveState } from "./hub";
import { Refresher } from "./stale";

interface Live {
  state: LiveState;
  /** What was pushed since the page was opened, oldest first; bounded. */
  items: readonly ActivityItem[];
}

const NOTHING: Live = { state: "connecting", items: [] };
const KEPT = 500;
const LiveContext = createContext<Live>(NOTHING);

/** Follows one org for everything below. */
export function LiveProvider({ orgId, children }: { orgId: string | null; children: ReactNode }) {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live>(NOTHING);
  useEffect(() => {
    if (!orgId) return;
    const refresher = new Refresher(queries);
    let before: LiveState = "connecting";
    const hub = new Hub(orgId, {
      item: (item) => {
        refresher.touch(item);
        if (item.instanceId) overtake(item.instanceId);
        setLive((now) => ({ ...now, items: [...now.items, item].slice(-KEPT) }));
      },
      state: (state) => {
        // What happened between the first reading and the stream's begin is in neither.
        if (state === "live" && before === "connecting") void queries.invalidateQueries({ refetchType: "active" });
        // Is it the person's place in the org that ended, or the session? Asking tells.
        if (state === "ended") void queries.invalidateQueries({ queryKey: ["orgs"] });
        before = state;
        setLive((now) => ({ ...now, state }));
      },
    });
    const nudge = () => hub.nudge();
    addEventListener("online", nudge);
    document.addEventListener("visibilitychange", nudge);
    return () => {
      removeEventListener("online", nudge);
      document.removeEventListener("visibilitychange", nudge);
      refresher.close();
      hub.close();
      setLive(NOTHING);
    };
  }, [orgId, queries]);
  const value = useMemo(() => live, [live]);
  return <LiveContext value={value}>{children}</LiveContext>;
}

export const useLive = (): Live => useContext(LiveContext);
