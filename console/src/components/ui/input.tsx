import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

export const inputClasses =
  "h-8.5 w-full min-w-0 rounded-md border border-input/60 bg-surface px-3 text-sm shadow-(--shadow) placeholder:text-muted-foreground/80 hover:border-input aria-invalid:border-bad disabled:opacity-60 max-sm:text-base";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input data-slot="input" className={cn(inputClasses, className)} {...props} />;
}
