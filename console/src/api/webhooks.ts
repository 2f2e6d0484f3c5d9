import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, http, once } from "./http";
import type { components } from "./schema.gen";
import type { Webhook } from "./types";

export const webhooksQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["org", orgId, "webhooks"],
    // All of them: an org has few.
    queryFn: async () => (await answer(http.GET("/v1/orgs/{orgId}/webhooks", { params: { path: { orgId } } }))).data,
  });

/** Newest first, page by page as far as they are kept. */
export const deliveriesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["webhook", id, "deliveries"],
    // Messages are no events of the org, so nothing pushes them.
    refetchInterval: 5_000,
    queryFn: ({ pageParam }) =>
      answer(http.GET("/v1/webhooks/{id}/deliveries", { params: { path: { id }, query: { "page[size]": 20, ...(pageParam ? { "page[token]": pageParam } : {}) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextPageToken ?? undefined,
  });

export interface WebhookWish {
  url: string;
  description: string;
  /** Kinds of events by name. A server may know more of them than this console, so they are kept as they come. */
  events: string[];
}

type Schemas = components["schemas"];

export const createWebhook = (orgId: string, wish: WebhookWish) =>
  answer(http.POST("/v1/orgs/{orgId}/webhooks", { body: wish as Schemas["CreateWebhookRequest"], params: { path: { orgId }, header: once() } }));

export const updateWebhook = (id: string, wish: Partial<WebhookWish> & { status?: Webhook["status"] }) =>
  answer(http.PATCH("/v1/webhooks/{id}", { body: wish as Schemas["UpdateWebhookRequest"], params: { path: { id }, header: once() } }));

export const deleteWebhook = (id: string) => answer(http.DELETE("/v1/webhooks/{id}", { params: { path: { id }, header: once() } }));

export const testWebhook = (id: string) => answer(http.POST("/v1/webhooks/{id}:test", { params: { path: { id }, header: once() } }));

/** Tells it again everything since a time, or from a message on that it was told before. */
export const replayWebhook = (id: string, from: string) =>
  answer(http.POST("/v1/webhooks/{id}:replay", { body: { from }, params: { path: { id }, header: once() } }));
