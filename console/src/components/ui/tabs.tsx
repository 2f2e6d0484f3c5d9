import { Link, type LinkProps } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";

/** Tabs that are pages: links under one heading, each with an address of its own. More of them than fit fade out at the edge. */
export function TabLinks({ label, children }: { label: string; children: ReactNode }) {
  const ref = useRef<HTMLElement>(null);
  const [more, setMore] = useState(false);
  useEffect(() => {
    const nav = ref.current;
    if (!nav) return;
    nav.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
    const look = () => setMore(nav.scrollWidth - nav.clientWidth - nav.scrollLeft > 1);
    look();
    addEventListener("resize", look);
    nav.addEventListener("scroll", look, { passive: true });
    return () => {
      removeEventListener("resize", look);
      nav.removeEventListener("scroll", look);
    };
  }, []);
  return (
    <nav ref={ref} data-slot="tabs" data-more={more} aria-label={label} className="-mx-4 overflow-x-auto border-b px-4 [scrollbar-width:none] data-[more=true]:mask-r-from-80% sm:-mx-6 sm:px-6">
      <ul className="flex gap-1 max-sm:gap-0">{children}</ul>
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
