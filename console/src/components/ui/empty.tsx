import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  /** What comes next, or when something will be here. */
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
}

export function Empty({ icon, title, children, action, className }: EmptyProps) {
  return (
    <div data-slot="empty" className={cn("grid justify-items-center gap-1.5 px-6 py-12 text-center", className)}>
      {icon ? (
        <div aria-hidden className="mb-2 grid size-10 place-items-center rounded-full border bg-muted text-muted-foreground [&_svg]:size-5">
          {icon}
        </div>
      ) : null}
      <p className="text-[0.9375rem] font-semibold">{title}</p>
      {children ? <div className="max-w-md text-muted-foreground text-pretty">{children}</div> : null}
      {action ? <div className="mt-3">{action}</div> : null}
    </div>
  );
}
