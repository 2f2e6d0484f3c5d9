import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, everything, http, once } from "./http";
import type { components } from "./schema.gen";
import type { Job, MetricsWindow } from "./types";

export type NewInstance = components["schemas"]["CreateInstanceRequest"];
export type InstanceChange = components["schemas"]["UpdateInstanceRequest"];
export type PowerAction = "start" | "stop" | "reboot";

export const plansQuery = queryOptions({
  queryKey: ["plans"],
  queryFn: () => answer(http.GET("/v1/plans")),
  staleTime: Number.POSITIVE_INFINITY,
});

export const instancesQuery = (projectId: string) =>
  queryOptions({
    queryKey: ["project", projectId, "instances"],
    queryFn: () =>
      everything((query) => answer(http.GET("/v1/projects/{projectId}/instances", { params: { path: { projectId }, query } }))),
  });

export const instanceQuery = (id: string) =>
  queryOptions({
    queryKey: ["instance", id],
    queryFn: () => answer(http.GET("/v1/instances/{id}", { params: { path: { id } } })),
  });

/** The instance as it was behind the event at a position. What is past stays as it is. */
export const instanceAtQuery = (id: string, at: string) =>
  queryOptions({
    queryKey: ["past", id, at],
    queryFn: () => answer(http.GET("/v1/instances/{id}", { params: { path: { id }, query: { at } } })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Everything that happened to it, oldest first. */
export const eventsQuery = (id: string) =>
  queryOptions({
    queryKey: ["instance", id, "events"],
    queryFn: () => everything((query) => answer(http.GET("/v1/instances/{id}/events", { params: { path: { id }, query } }))),
  });

export const connectionQuery = (id: string) =>
  queryOptions({
    queryKey: ["instance", id, "connection"],
    queryFn: () => answer(http.GET("/v1/instances/{id}/connection", { params: { path: { id } } })),
  });

export const metricsQuery = (id: string, window: MetricsWindow) =>
  queryOptions({
    queryKey: ["instance", id, "metrics", window],
    queryFn: () => answer(http.GET("/v1/instances/{id}/metrics", { params: { path: { id }, query: { window } } })),
    refetchInterval: 15_000,
  });

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ["job", id],
    queryFn: () => answer(http.GET("/v1/jobs/{id}", { params: { path: { id } } })),
  });

/**
 * Shows a job at once as it was answered, and reads it and its instance again: both may have gone on since, and what
 * was pushed before the answer came is not pushed again.
 */
export function adoptJob(queries: QueryClient, job: Job): void {
  const { queryKey } = jobQuery(job.id);
  queries.setQueryData(queryKey, job);
  void queries.invalidateQueries({ queryKey });
  void queries.invalidateQueries({ queryKey: ["instance", job.instanceId] });
}

export const createInstance = (projectId: string, body: NewInstance) =>
  answer(http.POST("/v1/projects/{projectId}/instances", { body, params: { path: { projectId }, header: once() } }));

export const updateInstance = (id: string, body: InstanceChange) =>
  answer(http.PATCH("/v1/instances/{id}", { body, params: { path: { id }, header: once() } }));

export const deleteInstance = (id: string) =>
  answer(http.DELETE("/v1/instances/{id}", { params: { path: { id }, header: once() } }));

export const rotateCredentials = (id: string) =>
  answer(http.POST("/v1/instances/{id}:rotate-creds", { params: { path: { id }, header: once() } }));

/** Asks for the password in the clear. Audited; the answer is kept nowhere but where it is shown. */
export const revealCredentials = (id: string) =>
  answer(http.POST("/v1/instances/{id}/credentials:reveal", { params: { path: { id } } }));

export function operate(id: string, action: PowerAction): Promise<Job> {
  const params = { path: { id }, header: once() };
  switch (action) {
    case "start":
      return answer(http.POST("/v1/instances/{id}:start", { params }));
    case "stop":
      return answer(http.POST("/v1/instances/{id}:stop", { params }));
    case "reboot":
      return answer(http.POST("/v1/instances/{id}:reboot", { params }));
  }
}

export function steer(jobId: string, action: "cancel" | "retry" | "abandon"): Promise<Job> {
  const params = { path: { id: jobId }, header: once() };
  switch (action) {
    case "cancel":
      return answer(http.POST("/v1/jobs/{id}:cancel", { params }));
    case "retry":
      return answer(http.POST("/v1/jobs/{id}:retry", { params }));
    case "abandon":
      return answer(http.POST("/v1/jobs/{id}:abandon", { params }));
  }
}
