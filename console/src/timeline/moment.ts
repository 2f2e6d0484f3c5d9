import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** Set on everything in the past that would change something. */
export const PAST_REASON = "You are looking at the past. Go back to now to change something.";

/** The moment that an instance's pages show; it lives in the address, so that it can be sent to somebody. */
export function useMoment(): { at: string | undefined; travel: (to: string | undefined) => void } {
  const { at } = useSearch({ from: "/shell/instances/$instanceId" });
  const navigate = useNavigate();
  const travel = useCallback(
    (to: string | undefined) =>
      void navigate({ to: ".", search: (now) => ({ ...now, at: to }), replace: true, resetScroll: false }),
    [navigate],
  );
  return { at, travel };
}
