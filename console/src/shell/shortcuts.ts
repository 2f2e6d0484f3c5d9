import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { usePlace } from "./place";

interface Handlers {
  palette: () => void;
  shortcuts: () => void;
}

/** Time for the second key of a pair such as `g` `p`. */
const PAIR = 900;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The console's keys; the sheet that `?` opens lists them. */
export function useShortcuts(handlers: Handlers): void {
  const navigate = useNavigate();
  const place = usePlace();
  const latest = useRef({ handlers, place });
  useEffect(() => {
    latest.current = { handlers, place };
  });
  useEffect(() => {
    let pending: string | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent) => {
      const { handlers: on, place: at } = latest.current;
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        on.palette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const keys = pending ? `${pending} ${event.key}` : event.key;
      pending = null;
      clearTimeout(timer);
      const orgId = at.orgId ?? "";
      const instanceId = at.instance?.id;
      const projectId = at.project?.id;
      const actions: Record<string, () => unknown> = {
        "?": on.shortcuts,
        "/": on.palette,
        "g p": () => orgId && navigate({ to: "/orgs/$orgId", params: { orgId } }),
        "g a": () => orgId && navigate({ to: "/orgs/$orgId/activity", params: { orgId } }),
        "g m": () => orgId && navigate({ to: "/orgs/$orgId/members", params: { orgId } }),
        "g u": () => orgId && navigate({ to: "/orgs/$orgId/usage", params: { orgId } }),
        "g l": () => orgId && navigate({ to: "/orgs/$orgId/audit", params: { orgId } }),
        "g w": () => orgId && navigate({ to: "/orgs/$orgId/webhooks", params: { orgId } }),
        "g s": () => orgId && navigate({ to: "/orgs/$orgId/settings", params: { orgId } }),
        n: () => projectId && navigate({ to: "/projects/$projectId/new", params: { projectId } }),
        c: () => instanceId && navigate({ to: "/instances/$instanceId/connect", params: { instanceId } }),
        m: () => instanceId && navigate({ to: "/instances/$instanceId/metrics", params: { instanceId } }),
        h: () => instanceId && navigate({ to: "/instances/$instanceId/activity", params: { instanceId } }),
      };
      const action = actions[keys];
      if (action) {
        event.preventDefault();
        action();
      } else if (event.key === "g") {
        pending = "g";
        timer = setTimeout(() => {
          pending = null;
        }, PAIR);
      }
    };
    addEventListener("keydown", onKey);
    return () => {
      clearTimeout(timer);
      removeEventListener("keydown", onKey);
    };
  }, [navigate]);
}
