import { exact, relative } from "@/lib/time";
import { useNow } from "@/lib/use-now";

/** How long ago, kept current; the exact moment in UTC on the pointer. */
export function TimeAgo({ time, className }: { time: string; className?: string }) {
  const now = useNow(20_000);
  return (
    <time dateTime={time} title={exact(time)} className={className}>
      {relative(time, now)}
    </time>
  );
}
