import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

/** Keeps the place of what is loading. */
export function Skeleton({ className, ...props }: ComponentProps<"div">) {
  return <div data-slot="skeleton" aria-hidden className={cn("rounded-md bg-muted", className)} {...props} />;
}
