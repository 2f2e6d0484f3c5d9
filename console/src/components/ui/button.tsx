import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";
import { Spinner } from "./spinner";

export const buttonVariants = cva(
  "relative inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-[background-color,border-color,color,opacity] duration-100 aria-disabled:cursor-not-allowed aria-disabled:opacity-55 disabled:cursor-not-allowed disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        default: "bg-primary text-primary-foreground hover:not-aria-disabled:bg-primary/88",
        outline: "border bg-surface shadow-(--shadow) hover:not-aria-disabled:bg-muted",
        ghost: "hover:not-aria-disabled:bg-muted",
        danger: "bg-bad-solid text-white hover:not-aria-disabled:bg-bad-solid/88",
        "danger-outline": "border border-bad/40 bg-surface text-bad hover:not-aria-disabled:bg-bad-soft",
        link: "h-auto p-0 text-accent underline-offset-4 hover:underline",
      },
      size: { sm: "h-7 px-2.5 text-[0.8125rem]", default: "h-8.5 px-3.5", lg: "h-10 px-5 text-[0.9375rem]", icon: "size-8" },
    },
    defaultVariants: { variant: "default", size: "default" },
  },
);

interface ButtonProps extends ComponentProps<"button">, VariantProps<typeof buttonVariants> {
  /** Shows that it is at work and takes no further press. */
  busy?: boolean | undefined;
}

export function Button({ className, variant, size, busy = false, type = "button", children, ...props }: ButtonProps) {
  const held = busy || props["aria-disabled"] === true || props["aria-disabled"] === "true";
  return (
    <button
      data-slot="button"
      type={type}
      className={cn(buttonVariants({ variant, size }), className)}
      {...props}
      aria-busy={busy || undefined}
      aria-disabled={held || undefined}
      onClick={held ? (event) => event.preventDefault() : props.onClick}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  );
}
