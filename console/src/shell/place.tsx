import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type ReactNode, createContext, useContext, useEffect, useMemo } from "react";
import { instanceQuery } from "@/api/instances";
import { orgsQuery } from "@/api/orgs";
import { projectQuery } from "@/api/projects";
import type { Instance, Org, Project } from "@/api/types";
import { type Action, refusal } from "@/lib/policy";
import { remember, remembered } from "@/lib/storage";

/** Where the person is: what the address names, and what that belongs to. */
interface Place {
  orgId: string | null;
  org: Org | undefined;
  project: Project | undefined;
  instance: Instance | undefined;
}

const PlaceContext = createContext<Place>({ orgId: null, org: undefined, project: undefined, instance: undefined });

export function PlaceProvider({ children }: { children: ReactNode }) {
  const params = useParams({ strict: false });
  const instance = useQuery({ ...instanceQuery(params.instanceId ?? ""), enabled: params.instanceId !== undefined });
  const projectId = params.projectId ?? instance.data?.projectId;
  const project = useQuery({ ...projectQuery(projectId ?? ""), enabled: projectId !== undefined });
  const orgs = useQuery(orgsQuery);
  const named = params.orgId ?? project.data?.orgId ?? instance.data?.orgId;
  const fallback = () => orgs.data?.find((one) => one.id === remembered("org"))?.id ?? orgs.data?.[0]?.id ?? null;
  const atProject = params.projectId !== undefined || params.instanceId !== undefined;
  const orgId = named ?? (atProject ? null : fallback());
  useEffect(() => {
    if (orgId) remember("org", orgId);
  }, [orgId]);
  const place = useMemo(
    () => ({
      orgId,
      org: orgs.data?.find((one) => one.id === orgId),
      project: projectId ? project.data : undefined,
      instance: params.instanceId ? instance.data : undefined,
    }),
    [orgId, orgs.data, projectId, project.data, params.instanceId, instance.data],
  );
  return <PlaceContext value={place}>{children}</PlaceContext>;
}

export const usePlace = (): Place => useContext(PlaceContext);

/** Why the person may not do `action` in the org where they are; null if they may. */
export const useRefusal = (action: Action): string | null => refusal(usePlace().org?.role, action);
