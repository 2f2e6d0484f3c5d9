import { queryOptions } from "@tanstack/react-query";
import { answer, everything, http, once } from "./http";
import type { Quota, Role } from "./types";

export const orgsQuery = queryOptions({
  queryKey: ["orgs"],
  queryFn: () => everything((query) => answer(http.GET("/v1/orgs", { params: { query } }))),
  staleTime: 30_000,
});

export const orgQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["org", orgId],
    queryFn: () => answer(http.GET("/v1/orgs/{orgId}", { params: { path: { orgId } } })),
    staleTime: 30_000,
  });

export const membersQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["org", orgId, "members"],
    queryFn: () => everything((query) => answer(http.GET("/v1/orgs/{orgId}/members", { params: { path: { orgId }, query } }))),
  });

export const invitationsQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["org", orgId, "invitations"],
    queryFn: () => everything((query) => answer(http.GET("/v1/orgs/{orgId}/invitations", { params: { path: { orgId }, query } }))),
  });

export const quotaQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["org", orgId, "quota"],
    queryFn: () => answer(http.GET("/v1/orgs/{orgId}/quota", { params: { path: { orgId } } })),
  });

export const createOrg = (name: string) => answer(http.POST("/v1/orgs", { body: { name }, params: { header: once() } }));

export const renameOrg = (orgId: string, name: string) =>
  answer(http.PATCH("/v1/orgs/{orgId}", { body: { name }, params: { path: { orgId }, header: once() } }));

export const deleteOrg = (orgId: string) =>
  answer(http.DELETE("/v1/orgs/{orgId}", { params: { path: { orgId }, header: once() } }));

export const changeRole = (orgId: string, userId: string, role: Role) =>
  answer(http.PATCH("/v1/orgs/{orgId}/members/{userId}", { body: { role }, params: { path: { orgId, userId }, header: once() } }));

export const removeMember = (orgId: string, userId: string) =>
  answer(http.DELETE("/v1/orgs/{orgId}/members/{userId}", { params: { path: { orgId, userId }, header: once() } }));

export const invite = (orgId: string, email: string, role: Role) =>
  answer(http.POST("/v1/orgs/{orgId}/invitations", { body: { email, role }, params: { path: { orgId }, header: once() } }));

export const revokeInvitation = (orgId: string, id: string) =>
  answer(http.DELETE("/v1/orgs/{orgId}/invitations/{id}", { params: { path: { orgId, id }, header: once() } }));

export const acceptInvitation = (token: string) =>
  answer(http.POST("/v1/invitations/{token}/accept", { params: { path: { token }, header: once() } }));

export const updateQuota = (orgId: string, limits: Quota["limits"]) =>
  answer(http.PATCH("/v1/orgs/{orgId}/quota", { body: limits, params: { path: { orgId }, header: once() } }));
