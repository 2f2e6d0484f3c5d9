import { queryOptions } from "@tanstack/react-query";
import { answer, everything, http, once } from "./http";
import type { ProjectQuota } from "./types";

export const projectsQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["org", orgId, "projects"],
    queryFn: () => everything((query) => answer(http.GET("/v1/orgs/{orgId}/projects", { params: { path: { orgId }, query } }))),
  });

export const projectQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["project", projectId],
    queryFn: () => answer(http.GET("/v1/projects/{projectId}", { params: { path: { projectId } } })),
    staleTime: 30_000,
  });

export const projectQuotaQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["project", projectId, "quota"],
    queryFn: () => answer(http.GET("/v1/projects/{projectId}/quota", { params: { path: { projectId } } })),
  });

/** Sets limits; null lifts one. */
export const updateProjectQuota = (projectId: string, limits: ProjectQuota["limits"]) =>
  answer(http.PATCH("/v1/projects/{projectId}/quota", { body: limits, params: { path: { projectId }, header: once() } }));

export const createProject = (orgId: string, name: string) =>
  answer(http.POST("/v1/orgs/{orgId}/projects", { body: { name }, params: { path: { orgId }, header: once() } }));

export const renameProject = (projectId: string, name: string) =>
  answer(http.PATCH("/v1/projects/{projectId}", { body: { name }, params: { path: { projectId }, header: once() } }));

export const deleteProject = (projectId: string) =>
  answer(http.DELETE("/v1/projects/{projectId}", { params: { path: { projectId }, header: once() } }));
