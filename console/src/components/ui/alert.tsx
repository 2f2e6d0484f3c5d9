import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

const alertVariants = cva("grid gap-1 rounded-lg border px-4 py-3 text-[0.8125rem] wrap-anywhere", {
  variants: {
    tone: {
      neutral: "bg-muted/60",
      accent: "border-accent/25 bg-accent-soft",
      good: "border-good/25 bg-good-soft",
      warn: "border-warn/30 bg-warn-soft",
      bad: "border-bad/30 bg-bad-soft",
      past: "border-past/30 bg-past-soft",
    },
  },
  defaultVariants: { tone: "neutral" },
});

export function Alert({ className, tone, ...props }: ComponentProps<"div"> & VariantProps<typeof alertVariants>) {
  return <div data-slot="alert" className={cn(alertVariants({ tone }), className)} {...props} />;
}

export function AlertTitle({ className, ...props }: ComponentProps<"p">) {
  return <p data-slot="alert-title" className={cn("font-medium text-sm", className)} {...props} />;
}
