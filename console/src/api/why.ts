import { queryOptions } from "@tanstack/react-query";
import { answer, http } from "./http";

export const whyQuery = (id: string) =>
  queryOptions({
    queryKey: ["instance", id, "why"],
    queryFn: () => answer(http.GET("/v1/instances/{id}/why", { params: { path: { id } } })),
  });
