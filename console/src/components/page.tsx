import { type ReactNode, useEffect, useRef } from "react";
import { cn } from "@/lib/cn";

let navigations = 0;

/** The page's heading. It takes the focus after a navigation, so that keyboards and screen readers are where the page is. */
export function PageTitle({ children, title, className }: { children: ReactNode; title: string; className?: string }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    navigations += 1;
    // The first page keeps the browser's own focus; a dialog or field that has it keeps it too.
    if (navigations > 1 && !document.querySelector("dialog[open]")) ref.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <title>{`${title} · db.xyz`}</title>
      <h1 ref={ref} tabIndex={-1} className={cn("min-w-0 text-xl font-semibold wrap-anywhere [unicode-bidi:isolate]", className)}>
        {children}
      </h1>
    </>
  );
}

interface PageHeaderProps {
  title: string;
  heading?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, heading, description, actions }: PageHeaderProps) {
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
      <div className="grid min-w-0 gap-1">
        <PageTitle title={title}>{heading ?? title}</PageTitle>
        {description ? <div className="min-w-0 wrap-anywhere text-muted-foreground text-pretty">{description}</div> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </header>
  );
}

export function PageBody({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={cn("mx-auto grid w-full max-w-6xl content-start gap-6 px-4 py-6 sm:px-6", className)}>{children}</div>;
}
