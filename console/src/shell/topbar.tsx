import { Link, useLocation } from "@tanstack/react-router";
import { ChevronRight, Menu as MenuIcon, Search } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Kbd } from "@/components/ui/kbd";
import { LiveIndicator } from "./live-indicator";
import { usePlace } from "./place";

interface TopbarProps {
  onPalette: () => void;
  onNav: () => void;
}

const isMac = /mac/i.test(navigator.userAgent);

export function Topbar({ onPalette, onNav }: TopbarProps) {
  return (
    <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b bg-background/90 px-4 backdrop-blur-sm sm:px-6">
      <Button variant="ghost" size="icon" aria-label="Open navigation" className="-ml-1.5 lg:hidden" onClick={onNav}>
        <MenuIcon />
      </Button>
      <Breadcrumbs />
      <div className="ml-auto flex shrink-0 items-center gap-3">
        <LiveIndicator />
        <button
          type="button"
          onClick={onPalette}
          aria-label="Search and commands"
          aria-keyshortcuts="Control+K Meta+K"
          className="flex h-8 shrink-0 items-center gap-2 rounded-md border bg-surface px-2.5 text-[0.8125rem] text-muted-foreground hover:bg-muted max-sm:w-8 max-sm:justify-center max-sm:px-0"
        >
          <Search aria-hidden className="size-3.5" />
          <span className="max-sm:hidden">Search</span>
          <Kbd className="ml-3 max-sm:hidden">{isMac ? "⌘K" : "Ctrl K"}</Kbd>
        </button>
      </div>
    </header>
  );
}

/** Pages that belong to the person and to no org. */
const isPersonal = (path: string): boolean => path === "/account" || path.startsWith("/account/");

function Breadcrumbs() {
  const { org, project, instance } = usePlace();
  const personal = useLocation({ select: ({ pathname }) => isPersonal(pathname) });
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1 text-[0.8125rem] text-muted-foreground">
        {personal ? <li className="text-foreground">Account</li> : null}
        {org && !personal ? (
          <li className={project ? "shrink-0 truncate max-sm:hidden sm:max-w-40" : "truncate"}>
            <Link to="/orgs/$orgId" params={{ orgId: org.id }} className="hover:text-foreground">
              {org.name}
            </Link>
          </li>
        ) : null}
        {project ? (
          <li className={`flex min-w-0 items-center gap-1 ${instance ? "max-sm:hidden" : ""}`}>
            <ChevronRight aria-hidden className="size-3.5 shrink-0 max-sm:hidden" />
            <Link to="/projects/$projectId" params={{ projectId: project.id }} className="truncate py-0.75 hover:text-foreground">
              {project.name}
            </Link>
          </li>
        ) : null}
        {instance ? (
          <li className="flex min-w-0 items-center gap-1">
            <ChevronRight aria-hidden className="size-3.5 shrink-0 max-sm:hidden" />
            <span className="truncate text-foreground">{instance.name}</span>
          </li>
        ) : null}
      </ol>
    </nav>
  );
}
