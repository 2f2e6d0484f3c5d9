import type { ComponentProps } from "react";
import { cn } from "@/lib/cn";

interface TableProps extends ComponentProps<"table"> {
  /** Its name where no cell takes the focus: then the table itself does, so that a keyboard can scroll it. */
  scrolls?: string;
}

/** Scrolls sideways by itself, so that the page never does. */
export function Table({ className, scrolls, ...props }: TableProps) {
  return (
    <div data-slot="table-container" className="relative w-full overflow-x-auto" {...(scrolls ? { role: "region", "aria-label": scrolls, tabIndex: 0 } : {})}>
      <table data-slot="table" className={cn("w-full border-collapse text-left", className)} {...props} />
    </div>
  );
}

export function TableHeader({ className, ...props }: ComponentProps<"thead">) {
  return <thead data-slot="table-header" className={cn("border-b bg-muted/50", className)} {...props} />;
}

export function TableBody({ className, ...props }: ComponentProps<"tbody">) {
  return <tbody data-slot="table-body" className={cn("[&>tr+tr]:border-t", className)} {...props} />;
}

export function TableRow({ className, ...props }: ComponentProps<"tr">) {
  return <tr data-slot="table-row" className={className} {...props} />;
}

export function TableHead({ className, ...props }: ComponentProps<"th">) {
  return (
    <th
      data-slot="table-head"
      scope="col"
      className={cn("h-9 px-4 text-xs font-medium whitespace-nowrap text-muted-foreground", className)}
      {...props}
    />
  );
}

export function TableCell({ className, ...props }: ComponentProps<"td">) {
  return <td data-slot="table-cell" className={cn("h-11 px-4 py-2 whitespace-nowrap", className)} {...props} />;
}
