import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

export function Kbd({ className, ...props }: ComponentProps<"kbd">) {
  return (
    <kbd
      data-slot="kbd"
      className={cn(
        "inline-flex h-5 min-w-5 shrink-0 items-center whitespace-nowrap justify-center rounded-sm border bg-muted px-1 font-sans text-[0.6875rem] text-muted-foreground",
        className,
      )}
      {...props}
    />
  );
}
