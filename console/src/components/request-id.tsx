import { cn } from "@/lib/cn";
import { CopyButton } from "./ui/copy-button";

/** The id under which the server logged a request: rarely read, so short; whole when it is copied or pointed at. */
export function RequestId({ id, className }: { id: string; className?: string }) {
  return (
    <span className={cn("inline-flex min-w-0 items-center gap-1 text-xs text-muted-foreground", className)}>
      Request
      <code className="max-w-28 truncate font-mono" title={id}>
        {id}
      </code>
      <CopyButton text={id} label="Copy request id" className="size-6 [&_svg]:size-3.5" />
    </span>
  );
}
