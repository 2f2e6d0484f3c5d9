import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Activity, Database, FolderKanban, Gauge, Keyboard, KeyRound, LineChart, Moon, Plug, Plus, ScrollText, Settings, Sun, UserRound, Users, Webhook } from "lucide-react";
import type { ReactElement } from "react";
import { instancesQuery } from "@/api/instances";
import { orgsQuery } from "@/api/orgs";
import { projectsQuery } from "@/api/projects";
import { LIFECYCLE } from "@/lib/words";
import { usePlace } from "@/shell/place";
import { setTheme } from "@/theme/theme";

export interface Command {
  id: string;
  label: string;
  hint?: string | undefined;
  icon: ReactElement;
  keys?: string;
  run: () => void;
}

/** Everything that the palette offers here and now: first what belongs to this page, then everything else. */
export function useCommands(onShortcuts: () => void): Command[] {
  const navigate = useNavigate();
  const { orgId, org, project, instance } = usePlace();
  const orgs = useQuery(orgsQuery);
  const projects = useQuery({ ...projectsQuery(orgId ?? ""), enabled: orgId !== null });
  const lists = useQueries({ queries: (projects.data ?? []).slice(0, 20).map((one) => instancesQuery(one.id)) });
  const commands: Command[] = [];
  if (instance) {
    const params = { instanceId: instance.id };
    const hint = instance.name;
    commands.push(
      { id: "connect", label: "Connect", hint, icon: <Plug />, keys: "c", run: () => void navigate({ to: "/instances/$instanceId/connect", params }) },
      { id: "metrics", label: "Metrics", hint, icon: <LineChart />, keys: "m", run: () => void navigate({ to: "/instances/$instanceId/metrics", params }) },
      { id: "history", label: "Activity of the database", hint, icon: <Activity />, keys: "h", run: () => void navigate({ to: "/instances/$instanceId/activity", params }) },
      { id: "instance-settings", label: "Settings of the database", hint, icon: <Settings />, run: () => void navigate({ to: "/instances/$instanceId/settings", params }) },
      { id: "copy-id", label: "Copy the database's id", hint: instance.id, icon: <Database />, run: () => void navigator.clipboard.writeText(instance.id) },
    );
  }
  if (project) {
    const params = { projectId: project.id };
    commands.push({ id: "new", label: "New database", hint: project.name, icon: <Plus />, keys: "n", run: () => void navigate({ to: "/projects/$projectId/new", params }) });
  }
  for (const { data } of lists) {
    for (const one of data ?? []) {
      const params = { instanceId: one.id };
      commands.push({ id: one.id, label: one.name, // Whether it failed or was canceled is in its history, which the palette does not read.
        hint: one.lifecycle === "failed" ? "Not created" : LIFECYCLE[one.lifecycle].label, icon: <Database />, run: () => void navigate({ to: "/instances/$instanceId", params }) });
    }
  }
  for (const one of projects.data ?? []) {
    const params = { projectId: one.id };
    commands.push({ id: one.id, label: one.name, hint: "Project", icon: <FolderKanban />, run: () => void navigate({ to: "/projects/$projectId", params }) });
  }
  if (orgId) {
    const params = { orgId };
    const hint = org?.name;
    commands.push(
      { id: "projects", label: "Projects", hint, icon: <FolderKanban />, keys: "g p", run: () => void navigate({ to: "/orgs/$orgId", params }) },
      { id: "activity", label: "Activity", hint, icon: <Activity />, keys: "g a", run: () => void navigate({ to: "/orgs/$orgId/activity", params }) },
      { id: "members", label: "Members", hint, icon: <Users />, keys: "g m", run: () => void navigate({ to: "/orgs/$orgId/members", params }) },
      { id: "usage", label: "Usage", hint, icon: <Gauge />, keys: "g u", run: () => void navigate({ to: "/orgs/$orgId/usage", params }) },
      { id: "webhooks", label: "Webhooks", hint, icon: <Webhook />, keys: "g w", run: () => void navigate({ to: "/orgs/$orgId/webhooks", params }) },
      { id: "audit", label: "Audit log", hint, icon: <ScrollText />, keys: "g l", run: () => void navigate({ to: "/orgs/$orgId/audit", params }) },
      { id: "settings", label: "Settings of the org", hint, icon: <Settings />, keys: "g s", run: () => void navigate({ to: "/orgs/$orgId/settings", params }) },
    );
  }
  for (const one of orgs.data ?? []) {
    if (one.id === orgId) continue;
    const params = { orgId: one.id };
    commands.push({ id: one.id, label: `Switch to ${one.name}`, hint: "Org", icon: <Users />, run: () => void navigate({ to: "/orgs/$orgId", params }) });
  }
  commands.push(
    { id: "account", label: "Account", icon: <UserRound />, run: () => void navigate({ to: "/account" }) },
    { id: "api-keys", label: "API keys", icon: <KeyRound />, run: () => void navigate({ to: "/account/api-keys" }) },
    { id: "light", label: "Light theme", icon: <Sun />, run: () => setTheme("light") },
    { id: "dark", label: "Dark theme", icon: <Moon />, run: () => setTheme("dark") },
    { id: "shortcuts", label: "Keyboard shortcuts", icon: <Keyboard />, keys: "?", run: onShortcuts },
  );
  return commands;
}
