import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Plus } from "lucide-react";
import { useState } from "react";
import { orgsQuery } from "@/api/orgs";
import { Menu, MenuItem, MenuLabel, MenuRadio, MenuSeparator } from "@/components/ui/menu";
import { Skeleton } from "@/components/ui/skeleton";
import { CreateOrg } from "./create-org";
import { usePlace } from "./place";

function Initial({ name }: { name: string }) {
  return (
    <span aria-hidden className="grid size-5.5 shrink-0 place-items-center rounded-[5px] bg-accent-soft text-xs font-semibold text-accent uppercase">
      {name.slice(0, 1)}
    </span>
  );
}

export function OrgSwitcher({ onNavigate }: { onNavigate?: (() => void) | undefined }) {
  const orgs = useQuery(orgsQuery);
  const { org, pending } = usePlace();
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  const go = (orgId: string) => {
    onNavigate?.();
    void navigate({ to: "/orgs/$orgId", params: { orgId } });
  };
  return (
    <>
      <Menu
        label="Orgs"
        className="w-60"
        trigger={
          <button type="button" className="flex h-10 w-full items-center gap-2.5 rounded-md border bg-background px-2.5 text-left hover:bg-muted">
            {org ? <Initial name={org.name} /> : pending ? <Skeleton className="size-5.5" /> : null}
            <span className="min-w-0 flex-1 truncate font-medium">{org?.name ?? <span className={pending ? "sr-only" : "text-muted-foreground"}>Choose an org</span>}</span>
            <ChevronsUpDown aria-hidden className="size-3.5 text-muted-foreground" />
          </button>
        }
      >
        <MenuLabel>Orgs</MenuLabel>
        {orgs.data?.map((one) => (
          <MenuRadio key={one.id} checked={one.id === org?.id} onClick={() => go(one.id)}>
            <Initial name={one.name} />
            <span className="truncate">{one.name}</span>
          </MenuRadio>
        ))}
        <MenuSeparator />
        <MenuItem onClick={() => setCreating(true)}>
          <Plus />
          New org
        </MenuItem>
      </Menu>
      <CreateOrg open={creating} onClose={() => setCreating(false)} onCreated={go} />
    </>
  );
}
