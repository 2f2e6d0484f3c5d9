import { cn } from "@/lib/cn";
import { useLive } from "@/live/live";
import type { LiveState } from "@/live/hub";
import { usePlace } from "./place";

const WORDS: Record<LiveState, { label: string; dot: string; means: string }> = {
  connecting: { label: "Connecting", dot: "bg-muted-foreground animate-pulse-dot", means: "Opening the stream of events." },
  live: { label: "Live", dot: "bg-good", means: "What you see follows every event as it happens." },
  reconnecting: { label: "Reconnecting", dot: "bg-warn animate-pulse-dot", means: "The connection broke. Nothing is lost: missed events follow once it is back." },
  ended: { label: "Not live", dot: "bg-bad", means: "The server ended the stream, because you have no access any more." },
};

export function LiveIndicator() {
  const { state } = useLive();
  const { orgId } = usePlace();
  if (orgId === null) return null;
  const { label, dot, means } = WORDS[state];
  return (
    <span role="status" title={means} className="flex items-center gap-1.5 text-xs text-muted-foreground" data-live={state}>
      <span aria-hidden className={cn("size-1.5 rounded-full", dot)} />
      <span className={state === "live" ? "max-sm:sr-only" : ""}>{label}</span>
    </span>
  );
}
