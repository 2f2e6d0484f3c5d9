import { Link, type LinkProps } from "@tanstack/react-router";
import { Activity, BookOpen, FolderKanban, Gauge, ScrollText, Settings, Users, Webhook } from "lucide-react";
import type { ReactNode } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import { OrgSwitcher } from "./org-switcher";
import { usePlace } from "./place";
import { UserMenu } from "./user-menu";

const itemClasses =
  "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-muted-foreground hover:bg-muted hover:text-foreground aria-[current=page]:bg-muted aria-[current=page]:font-medium aria-[current=page]:text-foreground [&_svg]:size-4 [&_svg]:shrink-0 aria-[current=page]:[&_svg]:text-accent";

function Item({ icon, children, exact = false, ...link }: LinkProps & { icon: ReactNode; exact?: boolean; children: ReactNode; onClick?: (() => void) | undefined }) {
  return (
    <li>
      <Link {...link} activeOptions={{ exact, includeSearch: false }} className={itemClasses}>
        {icon}
        {children}
      </Link>
    </li>
  );
}

interface SidebarProps {
  onNavigate?: () => void;
  inSheet?: boolean;
}

export function Sidebar({ onNavigate, inSheet = false }: SidebarProps) {
  const { orgId, project, pending } = usePlace();
  const params = { orgId: orgId ?? "" };
  const go = { params, onClick: onNavigate };
  return (
    <div className={inSheet ? "grid gap-4" : "flex min-h-full flex-col gap-4 p-3"}>
      <OrgSwitcher onNavigate={onNavigate} />
      <nav aria-label="Org" className="flex-1">
        {orgId ? (
          <ul className="grid gap-0.5">
            <li>
              <Link
                to="/orgs/$orgId"
                {...go}
                activeOptions={{ exact: true }}
                // A project and its databases belong under projects.
                {...(project ? { "aria-current": "page" as const } : {})}
                className={itemClasses}
              >
                <FolderKanban />
                Projects
              </Link>
            </li>
            <Item to="/orgs/$orgId/activity" {...go} icon={<Activity />}>
              Activity
            </Item>
            <Item to="/orgs/$orgId/members" {...go} icon={<Users />}>
              Members
            </Item>
            <Item to="/orgs/$orgId/usage" {...go} icon={<Gauge />}>
              Usage
            </Item>
            <Item to="/orgs/$orgId/audit" {...go} icon={<ScrollText />}>
              Audit log
            </Item>
            <Item to="/orgs/$orgId/webhooks" {...go} icon={<Webhook />}>
              Webhooks
            </Item>
            <Item to="/orgs/$orgId/settings" {...go} icon={<Settings />}>
              Settings
            </Item>
          </ul>
        ) : !pending ? null : (
          <div className="grid gap-2 px-1">
            {Array.from({ length: 7 }, (_, index) => (
              <Skeleton key={index} className="h-6" />
            ))}
          </div>
        )}
      </nav>
      <div className="grid gap-1">
        <a href="/docs/api" className={itemClasses}>
          <BookOpen />
          API reference
        </a>
        <UserMenu onNavigate={onNavigate} />
      </div>
    </div>
  );
}
