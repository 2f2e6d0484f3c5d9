import { queryOptions } from "@tanstack/react-query";
import { remember, remembered } from "@/lib/storage";
import { answer, everything, http, once } from "./http";
import type { IssuedApiKey, Role } from "./types";

/** Whether somebody signed in here before; the cookie itself is out of our reach. Saves visitors a refused request. */
export const maySignedIn = (): boolean => remembered("session") === "1";
export const markSignedIn = (signedIn: boolean): void => remember("session", signedIn ? "1" : null);

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => answer(http.GET("/v1/users/me")),
  staleTime: 60_000,
});

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: async () => (await answer(http.GET("/v1/users/me/sessions"))).data,
});

export const apiKeysQuery = queryOptions({
  queryKey: ["me", "api-keys"],
  queryFn: () => everything((query) => answer(http.GET("/v1/apikeys", { params: { query } }))),
});

export async function logIn(email: string, password: string): Promise<void> {
  await answer(http.POST("/v1/auth/login", { body: { email, password, delivery: "cookie" } }));
  markSignedIn(true);
}

export async function register(email: string, displayName: string, password: string): Promise<void> {
  await answer(http.POST("/v1/auth/register", { body: { email, displayName, password, delivery: "cookie" } }));
  markSignedIn(true);
}

export async function logOut(): Promise<void> {
  await answer(http.POST("/v1/auth/logout"));
  markSignedIn(false);
}

export const renameMe = (displayName: string) =>
  answer(http.PATCH("/v1/users/me", { body: { displayName }, params: { header: once() } }));

export const changePassword = (currentPassword: string, newPassword: string) =>
  answer(http.POST("/v1/users/me/password", { body: { currentPassword, newPassword, delivery: "cookie" } }));

export const closeSession = (id: string) => answer(http.DELETE("/v1/users/me/sessions/{id}", { params: { path: { id } } }));
export const closeOtherSessions = () => answer(http.DELETE("/v1/users/me/sessions"));

export const createApiKey = (body: { name: string; orgId: string; role: Role; expiresAt?: string }): Promise<IssuedApiKey> =>
  answer(http.POST("/v1/apikeys", { body, params: { header: once() } }));

export const revokeApiKey = (id: string) =>
  answer(http.DELETE("/v1/apikeys/{id}", { params: { path: { id }, header: once() } }));

/** Everything that is kept about the person, as a file. */
export const PERSONAL_DATA_URL = "/v1/users/me/export";

export async function eraseAccount(password: string): Promise<void> {
  await answer(http.DELETE("/v1/users/me", { body: { password } }));
  markSignedIn(false);
}
