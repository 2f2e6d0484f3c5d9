import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** Tabs that are pages: links under one heading, each with an address of its own. */
export function TabLinks({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav data-slot="tabs" aria-label={label} className="-mx-4 overflow-x-auto border-b px-4 sm:-mx-6 sm:px-6">
      <ul className="flex gap-1">{children}</ul>
    </nav>
  );
}

export function TabLink({ exact = false, children, ...link }: LinkProps & { exact?: boolean; children: ReactNode }) {
  return (
    <li>
      <Link
        data-slot="tab"
        {...link}
        activeOptions={{ exact, includeSearch: false }}
        className="-mb-px inline-flex h-10 items-center border-b-2 border-transparent px-2.5 whitespace-nowrap text-muted-foreground hover:text-foreground aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-foreground"
      >
        {children}
      </Link>
    </li>
  );
}
