import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type ReactNode, createContext, useContext, useEffect, useMemo, useState } from "react";
import { instanceQuery } from "@/api/instances";
import { orgsQuery } from "@/api/orgs";
import { asProblem } from "@/api/problem";
import { projectQuery } from "@/api/projects";
import type { Instance, Org, Project } from "@/api/types";
import { type Action, refusal } from "@/lib/policy";
import { remember, remembered } from "@/lib/storage";

/** Where the person is: what the address names, and what that belongs to. Nothing of an org that is closed to them. */
interface Place {
  orgId: string | null;
  org: Org | undefined;
  project: Project | undefined;
  instance: Instance | undefined;
  /** The address leads into an org where the person is no member, not any more or never was, or names nothing they may see. */
  closed: "left" | "unknown" | "nothing" | null;
  /** It is not known yet. */
  pending: boolean;
}

const NOWHERE: Place = { orgId: null, org: undefined, project: undefined, instance: undefined, closed: null, pending: true };
const PlaceContext = createContext<Place>(NOWHERE);

export function PlaceProvider({ children }: { children: ReactNode }) {
  const { orgId, project, instance, waits, nothing } = useNamed();
  const queries = useQueryClient();
  const orgs = useQuery(orgsQuery);
  const found = orgId ?? (waits ? null : (orgs.data?.find((one) => one.id === remembered("org"))?.id ?? orgs.data?.[0]?.id ?? null));
  const org = orgs.data?.find((one) => one.id === found);
  const outside = found !== null && orgs.data !== undefined && org === undefined;
  const [last, setLast] = useState<string | null>(null);
  if (org && org.id !== last) setLast(org.id);
  useEffect(() => {
    if (org) remember("org", org.id);
  }, [org]);
  useEffect(() => {
    // The list may be from before they joined.
    if (outside) void queries.invalidateQueries({ queryKey: orgsQuery.queryKey });
  }, [outside, queries]);
  const place = useMemo<Place>(
    () =>
      nothing
        ? { ...NOWHERE, closed: "nothing", pending: false }
        : outside
        ? { ...NOWHERE, closed: found === last ? "left" : "unknown", pending: false }
        : { orgId: found, org, project, instance, closed: null, pending: org === undefined && (waits || orgs.isPending) },
    [nothing, outside, found, last, org, project, instance, waits, orgs.isPending],
  );
  return <PlaceContext value={place}>{children}</PlaceContext>;
}

const isNothing = (error: unknown): boolean => error !== null && asProblem(error).status === 404;

/** What the address names, as far as it is known. */
function useNamed() {
  const params = useParams({ strict: false });
  const instance = useQuery({ ...instanceQuery(params.instanceId ?? ""), enabled: params.instanceId !== undefined });
  const projectId = params.projectId ?? instance.data?.projectId;
  const project = useQuery({ ...projectQuery(projectId ?? ""), enabled: projectId !== undefined });
  const orgId = params.orgId ?? project.data?.orgId ?? instance.data?.orgId;
  // While it is not known what the address names, no other org stands in: following one and reading all anew would go round.
  const waits = orgId === undefined && (params.instanceId !== undefined || projectId !== undefined);
  const nothing = waits && (isNothing(instance.error) || isNothing(project.error));
  return { orgId, project: projectId ? project.data : undefined, instance: params.instanceId ? instance.data : undefined, waits, nothing };
}

export const usePlace = (): Place => useContext(PlaceContext);

/** Why the person may not do `action` in the org where they are; null if they may. */
export const useRefusal = (action: Action): string | null => refusal(usePlace().org?.role, action);
