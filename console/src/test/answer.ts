import { http, HttpResponse, type PathParams } from "msw";
import type { paths } from "@/api/schema.gen";
import { server } from "./server";

type Method = "get" | "post" | "patch" | "delete";
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
/** What the document says that an operation answers with, so that a mock cannot drift from the API. */
type Body<O> = O extends { responses: infer R }
  ? { [S in keyof R]: S extends 200 | 201 | 202 ? (R[S] extends { content: { "application/json": infer B } } ? B : never) : never }[keyof R]
  : never;

/** `/v1/orgs/{orgId}` as msw writes it, `/v1/orgs/:orgId`. A colon of the API's own is no parameter. */
const pattern = (path: string) => `*${path.replaceAll(":", "\\:").replaceAll(/\{(\w+)\}/g, ":$1")}`;

/** Answers an operation with a body of its type. */
export function answers<P extends keyof paths, M extends Method>(method: M, path: P, body: Body<Operation<P, M>> | ((params: PathParams) => Body<Operation<P, M>>)): void {
  server.use(
    http[method](pattern(path), ({ params }) => HttpResponse.json((typeof body === "function" ? (body as (params: PathParams) => object)(params) : body) as object)),
  );
}

/** Refuses an operation with a problem document. */
export function refuses(method: Method, path: keyof paths, problem: { status: number; code: string; detail: string; errors?: Array<{ field: string; message: string }> }): void {
  const { status } = problem;
  server.use(
    http[method](pattern(path), () =>
      HttpResponse.json({ type: "about:blank", title: "Refused", errors: [], requestId: "req-1", retryable: false, instance: "/", ...problem }, { status }),
    ),
  );
}
