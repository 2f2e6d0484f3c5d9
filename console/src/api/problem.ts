import type { components } from "./schema.gen";

type Document = components["schemas"]["Problem"];

/** What the API says when it does not do something (RFC 9457), or what we say when it cannot be reached. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly fields: ReadonlyMap<string, string>;
  readonly retryable: boolean;
  readonly jobId: string | null;

  constructor(document: Partial<Document> & { detail: string }) {
    super(document.detail);
    this.name = "Problem";
    this.status = document.status ?? 0;
    this.code = document.code ?? "unreachable";
    this.requestId = document.requestId ?? null;
    this.fields = new Map((document.errors ?? []).map((error) => [error.field, error.message]));
    this.retryable = document.retryable ?? false;
    this.jobId = document.jobId ?? null;
  }

  /** What to write at a form's field. */
  field(name: string): string | undefined {
    return this.fields.get(name);
  }
}

/** The problem in an answer's body; bodies of proxies between us and the API are none of its documents. */
export function problemOf(body: unknown, response: Response): Problem {
  if (typeof body === "object" && body !== null && "code" in body && "detail" in body) {
    return new Problem(body as Document);
  }
  const requestId = response.headers.get("x-request-id") ?? undefined;
  const detail = `The server answered ${response.status} without saying why. Try again in a moment.`;
  return new Problem({ status: response.status, code: "unexpected", detail, retryable: true, ...(requestId ? { requestId } : {}) });
}

/** Anything that was thrown, as a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) {
    return new Problem({ detail: "The server cannot be reached. Check the connection; this page tries again by itself.", retryable: true });
  }
  return new Problem({ code: "unexpected", detail: error instanceof Error ? error.message : String(error) });
}
